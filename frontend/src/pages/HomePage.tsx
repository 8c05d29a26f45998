import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { fetchDocuments } from "../api/client";
import { fetchRecents } from "../api/pages";
import { useFavourites } from "../features/tree/favourites";
import { ASK_EVERY_MS, isTold } from "../features/tree/usePages";
import { t } from "../locales";
import { Skeleton } from "../ui/Skeleton";
import { useStore } from "../ui/store";
import { DocumentList } from "./DocumentList";
import { TopBar } from "./TopBar";
import { useIsMember } from "./useMember";
import { useNewDocument } from "./useNewDocument";

const RECENT = 5;

export function HomePage() {
  const isMember = useIsMember();
  const isConnected = useStore(isTold);
  const documents = useQuery({
    queryKey: ["documents"],
    queryFn: fetchDocuments,
    refetchOnWindowFocus: "always",
    refetchInterval: isConnected ? false : ASK_EVERY_MS,
  });
  const recents = useQuery({ queryKey: ["recents"], queryFn: fetchRecents, enabled: isMember });
  const favourites = useFavourites();
  const create = useNewDocument();
  const all = documents.data ?? [];
  return (
    <>
      <TopBar>
        <span className="crumb">{t.home}</span>
        <span className="grow" />
        {isMember && (
          <button type="button" className="button primary" onClick={create}>
            <Plus size={16} aria-hidden="true" /> {t.newDocument}
          </button>
        )}
      </TopBar>
      <main className="column home">
        <h1>{t.home}</h1>
        {documents.isPending && <Skeleton />}
        {documents.isError && (
          <div className="empty" role="alert">
            <p className="muted">{t.cannotReach}</p>
            <button type="button" className="button" onClick={() => documents.refetch()}>
              {t.tryAgain}
            </button>
          </div>
        )}
        {documents.data?.length === 0 && (
          <div className="empty">
            <h2>{t.emptyTitle}</h2>
            <p className="muted">{t.emptyText}</p>
            {isMember && (
              <button type="button" className="button primary" onClick={create}>
                <Plus size={16} aria-hidden="true" /> {t.newDocument}
              </button>
            )}
          </div>
        )}
        <DocumentList title={t.favourites} documents={favourites} />
        {/* The same few twice would say nothing. */}
        {all.length > RECENT && (
          <DocumentList title={t.recents} documents={(recents.data ?? []).slice(0, RECENT)} />
        )}
        <DocumentList title={t.everything} documents={all} />
      </main>
    </>
  );
}
