import { useQuery } from "@tanstack/react-query";
import { FileText } from "lucide-react";
import { useState } from "react";
import { emptyTrash, fetchTrash, purgePage, restorePage, type TrashedPage } from "../api/pages";
import { useDo } from "../features/tree/actions";
import { t } from "../locales";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { Skeleton } from "../ui/Skeleton";
import { ago, exactly } from "../ui/time";
import { toast } from "../ui/toast";
import { TopBar } from "./TopBar";

type Asked = { name: "purge"; page: TrashedPage } | { name: "empty" } | null;

export default function TrashPage() {
  const trash = useQuery({ queryKey: ["trash"], queryFn: fetchTrash });
  const [asked, setAsked] = useState<Asked>(null);
  const act = useDo();
  const pages = trash.data ?? [];
  const restore = ({ id, title }: TrashedPage) =>
    act(
      () => restorePage(id),
      () => toast(t.restored(title || t.untitled)),
    );
  return (
    <>
      <TopBar>
        <span className="crumb">{t.trash}</span>
        <span className="grow" />
        {pages.length > 0 && (
          <button type="button" className="button" onClick={() => setAsked({ name: "empty" })}>
            {t.emptyTrash}
          </button>
        )}
      </TopBar>
      <main className="column home">
        <h1>{t.trashTitle}</h1>
        {trash.isPending && <Skeleton />}
        {trash.isError && <p role="alert">{t.cannotReach}</p>}
        {trash.data?.length === 0 && (
          <div className="empty">
            <h2>{t.trashEmpty}</h2>
            <p className="muted">{t.trashEmptyText}</p>
          </div>
        )}
        {pages.length > 0 && (
          <>
            <p className="muted lead">{t.trashText}</p>
            <ul className="documents">
              {pages.map((page) => (
                <TrashedRow
                  key={page.id}
                  page={page}
                  onRestore={() => restore(page)}
                  onPurge={() => setAsked({ name: "purge", page })}
                />
              ))}
            </ul>
          </>
        )}
      </main>
      {asked?.name === "purge" && (
        <ConfirmDialog
          title={t.deleteForEver}
          text={t.deleteForEverText(asked.page.title || t.untitled)}
          action={t.deleteForEver}
          onConfirm={() => act(() => purgePage(asked.page.id))}
          onClose={() => setAsked(null)}
        />
      )}
      {asked?.name === "empty" && (
        <ConfirmDialog
          title={t.emptyTrash}
          text={t.emptyTrashText}
          action={t.emptyTrash}
          onConfirm={() => act(() => emptyTrash())}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

interface RowProps {
  page: TrashedPage;
  onRestore: () => void;
  onPurge: () => void;
}

function TrashedRow({ page, onRestore, onPurge }: RowProps) {
  const title = page.title || t.untitled;
  return (
    <li className="document-row">
      <FileText size={18} strokeWidth={1.75} aria-hidden="true" />
      <span className="name">{title}</span>
      <span className="meta small muted">
        <time dateTime={page.trashed_at} title={exactly(page.trashed_at)}>
          {page.trashed_by
            ? t.trashedBy(page.trashed_by.name, ago(page.trashed_at))
            : ago(page.trashed_at)}
        </time>
      </span>
      <span className="row-actions">
        <button
          type="button"
          className="button small"
          aria-label={`${t.restore}: ${title}`}
          onClick={onRestore}
        >
          {t.restore}
        </button>
        <button
          type="button"
          className="button small danger-text"
          aria-label={`${t.deleteForEver}: ${title}`}
          onClick={onPurge}
        >
          {t.deleteForEver}
        </button>
      </span>
    </li>
  );
}
