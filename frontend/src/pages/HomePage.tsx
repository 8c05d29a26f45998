import { useQuery } from "@tanstack/react-query";
import { FileText, Plus } from "lucide-react";
import { Link } from "react-router";
import { fetchDocuments } from "../api/client";
import { t } from "../locales";
import { Faces } from "../ui/Face";
import { Skeleton } from "../ui/Skeleton";
import { ago, exactly } from "../ui/time";
import { TopBar } from "./TopBar";
import { useNewDocument } from "./useNewDocument";

export function HomePage() {
  const documents = useQuery({
    queryKey: ["documents"],
    queryFn: fetchDocuments,
    refetchOnWindowFocus: "always",
  });
  const create = useNewDocument();
  return (
    <>
      <TopBar>
        <span className="crumb">{t.home}</span>
        <span className="grow" />
        <button type="button" className="button primary" onClick={create}>
          <Plus size={16} aria-hidden="true" /> {t.newDocument}
        </button>
      </TopBar>
      <main className="column home">
        <h1>{t.documents}</h1>
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
            <button type="button" className="button primary" onClick={create}>
              <Plus size={16} aria-hidden="true" /> {t.newDocument}
            </button>
          </div>
        )}
        {(documents.data?.length ?? 0) > 0 && (
          <ul className="documents">
            {documents.data?.map((each) => (
              <li key={each.id}>
                <Link to={`/d/${each.id}`}>
                  <FileText size={18} strokeWidth={1.75} aria-hidden="true" />
                  <span className="name">{each.title || t.untitled}</span>
                  <Faces people={each.here} />
                  <span className="meta small muted">
                    <time dateTime={each.updated_at} title={exactly(each.updated_at)}>
                      {t.edited(ago(each.updated_at))}
                    </time>
                    {each.created_by ? ` · ${each.created_by.name}` : ""}
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        )}
      </main>
    </>
  );
}
