import { useQuery } from "@tanstack/react-query";
import { Copy, Download, Ellipsis, LetterText, Link2 } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { fetchDocument } from "../api/pages";
import { BODY } from "../editor/extensions";
import { WatchItems } from "../features/notifications/WatchItems";
import { usePageActions } from "../features/tree/actions";
import { CommonItems, Item, TrashItem } from "../features/tree/PageMenu";
import { usePages } from "../features/tree/usePages";
import { t } from "../locales";
import type { DocumentSession } from "../sync/session";
import { copyText } from "../ui/copy";
import { download } from "../ui/download";
import { ago } from "../ui/time";
import { toast } from "../ui/toast";
import { fileName, takeAlong } from "./takeAlong";
import { useIsMember } from "./useMember";

const ICON = { size: 16, strokeWidth: 1.75, "aria-hidden": true } as const;

export function DocumentMenu({ id, session }: { id: string; session: DocumentSession }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="icon-button" aria-label={t.more}>
        <Ellipsis size={16} aria-hidden="true" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={6}>
          <Item
            icon={<Link2 {...ICON} />}
            onSelect={() => copyText(`${location.origin}/d/${encodeURIComponent(id)}`)}
          >
            {t.copyLink}
          </Item>
          <Item icon={<Copy {...ICON} />} onSelect={() => copyText(takeAlong(session))}>
            {t.copyMarkdown}
          </Item>
          <Item
            icon={<Download {...ICON} />}
            onSelect={() => download(fileName(session), takeAlong(session))}
          >
            {t.download}
          </Item>
          <WatchItems id={id} />
          <DropdownMenu.Separator className="menu-separator" />
          <OfThePage id={id} />
          <WordCount session={session} />
          <Origin id={id} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** What can be done with its place among the others; nothing for a document that stands in no tree. */
function OfThePage({ id }: { id: string }) {
  const { pages } = usePages();
  const actions = usePageActions();
  const isMember = useIsMember();
  const page = pages.find((each) => each.id === id);
  if (!page) return null;
  const hasChildren = pages.some(({ parent }) => parent === id);
  return (
    <>
      <CommonItems {...{ page, actions, isMember, hasChildren }} />
      {page.role === "manage" && <TrashItem onSelect={() => actions.trash(id, page.title)} />}
      <DropdownMenu.Separator className="menu-separator" />
    </>
  );
}

function WordCount({ session }: { session: DocumentSession }) {
  const words = countWords(session);
  return (
    <DropdownMenu.Item
      className="menu-item"
      onSelect={() => toast(`${t.words(words)} · ${t.readingTime(Math.ceil(words / 230))}`)}
    >
      <LetterText {...ICON} /> {t.wordCount}
      <span className="end">{words}</span>
    </DropdownMenu.Item>
  );
}

function countWords(session: DocumentSession): number {
  const text = session.doc
    .getXmlFragment(BODY)
    .toString()
    .replace(/<[^>]*>/g, " ");
  return text.split(/\s+/).filter(Boolean).length;
}

/** Who began it and when it was last changed. */
function Origin({ id }: { id: string }) {
  const { data } = useQuery({ queryKey: ["document", id], queryFn: () => fetchDocument(id) });
  if (!data) return null;
  const { created_by: by, created_at, updated_at } = data;
  return (
    <div className="menu-label origin">
      <div>{by ? t.createdBy(by.name, ago(created_at)) : t.createdAt(ago(created_at))}</div>
      <div>{t.editedAt(ago(updated_at))}</div>
    </div>
  );
}
