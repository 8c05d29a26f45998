import { Globe, Lock, Users } from "lucide-react";
import { t } from "../../locales";
import { useSharing } from "./useSharing";

const ICONS = { private: Lock, workspace: Users, anyone: Globe } as const;

export function ShareButton({ id, onClick }: { id: string; onClick: () => void }) {
  const general = useSharing(id).data?.general ?? "private";
  const Icon = ICONS[general];
  return (
    <button type="button" className="button primary share" onClick={onClick}>
      <Icon size={15} strokeWidth={1.75} aria-hidden="true" />
      <span className="share-text" aria-hidden="true">
        {t.share}
      </span>
      <span className="unseen">
        {t.share}: {t.sharedWith[general]}
      </span>
    </button>
  );
}
