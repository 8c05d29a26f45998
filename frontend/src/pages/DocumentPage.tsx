import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { useParams } from "react-router";
import { DocumentEditor } from "../editor/DocumentEditor";
import { SCHEMA_VERSION } from "../editor/extensions";
import { t } from "../locales";
import { DocumentSession } from "../sync/session";
import { Notice } from "../ui/Notice";
import { DocumentHeader } from "./DocumentHeader";
import { TopBar } from "./TopBar";

export default function DocumentPage() {
  const { id = "" } = useParams();
  const [session, setSession] = useState<DocumentSession | null>(null);
  useEffect(() => {
    const url = `${location.origin.replace(/^http/, "ws")}/sync`;
    const opened = new DocumentSession({ document: id, schema: schemaVersion(), url });
    opened.open();
    setSession(opened);
    return () => opened.close();
  }, [id]);
  if (session === null) return <TopBar>{null}</TopBar>;
  return <OpenDocument key={id} id={id} session={session} />;
}

/** A tab that was left open over an upgrade has an older number: a test can pretend to be one. */
function schemaVersion(): number {
  const pretended = sessionStorage.getItem("quillroom:schema");
  return pretended === null ? SCHEMA_VERSION : Number(pretended);
}

function OpenDocument({ id, session }: { id: string; session: DocumentSession }) {
  const snapshot = useSyncExternalStore(session.subscribe, session.getSnapshot);
  const queries = useQueryClient();
  const { status } = snapshot;
  const isSaved = status.name === "saved";
  useEffect(() => {
    if (isSaved) void queries.invalidateQueries({ queryKey: ["documents"] });
  }, [isSaved, queries]);
  if (status.name === "gone") return <Missing />;
  return (
    <>
      <DocumentHeader id={id} session={session} snapshot={snapshot} />
      {!snapshot.isStored && (
        <p className="banner warn" role="alert">
          {t.noStorage}
        </p>
      )}
      {status.name === "newVersion" && (
        <div className="banner" role="alert">
          {t.newVersionText}{" "}
          <button type="button" className="button small" onClick={() => location.reload()}>
            {t.reload}
          </button>
        </div>
      )}
      {status.name === "otherGeneration" && (
        <p className="banner warn" role="alert">
          {t.otherGenerationText}
        </p>
      )}
      <main className="column document" aria-busy={!snapshot.isReady}>
        {snapshot.isReady ? (
          <DocumentEditor session={session} canEdit={snapshot.canEdit} user={snapshot.user} />
        ) : (
          <div className="skeletons paper" role="status" aria-label={t.loading}>
            <span />
            <span />
            <span />
          </div>
        )}
      </main>
    </>
  );
}

function Missing() {
  return (
    <>
      <TopBar>{null}</TopBar>
      <Notice title={t.notFound} text={t.gone} />
    </>
  );
}
