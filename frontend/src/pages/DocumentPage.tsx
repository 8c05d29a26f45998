import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { useParams } from "react-router";
import { ApiError, fetchMarkdown } from "../api/client";
import { DocumentEditor } from "../editor/DocumentEditor";
import { SCHEMA_VERSION } from "../editor/extensions";
import { t } from "../locales";
import { DocumentSession } from "../sync/session";
import { copyText } from "../ui/copy";
import { download } from "../ui/download";
import { DocumentHeader } from "./DocumentHeader";
import { NotFoundPage } from "./NotFoundPage";
import { TopBar } from "./TopBar";
import { Trouble } from "./Trouble";
import { fileName, takeAlong } from "./takeAlong";

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
  const isMissing = useIsMissing(id, snapshot.isReady);
  if ((status.name === "gone" || isMissing) && !snapshot.isReady) {
    return <NotFoundPage text={t.gone} />;
  }
  return (
    <>
      <DocumentHeader session={session} snapshot={snapshot} />
      <Trouble
        status={status}
        isStored={snapshot.isStored}
        onCopy={() => copyText(takeAlong(session))}
        onDownload={() => download(fileName(session), takeAlong(session))}
      />
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

const PATIENCE_MS = 1200;

/**
 * A refused handshake looks to the page like a lost network: a browser hides its status code.
 * So whoever waits for long asks over HTTP whether there is such a document.
 */
function useIsMissing(id: string, isReady: boolean): boolean {
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    if (isReady) return;
    const ask = async () => {
      try {
        await fetchMarkdown(id);
      } catch (error) {
        if (error instanceof ApiError) setMissing(error.status === 404 || error.status === 403);
      }
    };
    const timer = setTimeout(ask, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [id, isReady]);
  return isMissing;
}
