import { ShareDialog } from "../features/sharing/ShareDialog";
import { dialog } from "../features/tree/actions";
import { MoveDialog } from "../features/tree/MoveDialog";
import { pathTo } from "../features/tree/tree";
import { usePages } from "../features/tree/usePages";
import type { Person } from "../protocol/frames";
import { useStore } from "../ui/store";

/** The dialogs that any menu may open over the page. */
export function PageDialogs({ user }: { user: Person }) {
  const open = useStore(dialog);
  const { pages } = usePages();
  if (open === null) return null;
  const close = () => dialog.set(null);
  if (open.name === "move") return <MoveDialog id={open.id} onClose={close} />;
  const path = pathTo(pages, open.id);
  return (
    <ShareDialog
      id={open.id}
      title={path.at(-1)?.title ?? ""}
      above={path.at(-2) ?? null}
      me={user}
      onClose={close}
    />
  );
}
