import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useLocation, useParams } from "react-router";
import { ApiError, fetchMarkdown } from "../api/client";
import { DocumentEditor } from "../editor/DocumentEditor";
import { SCHEMA_VERSION } from "../editor/extensions";
import { t } from "../locales";
import { DocumentSession } from "../sync/session";
import { copyText } from "../ui/copy";
import { download } from "../ui/download";
import { Skeleton } from "../ui/Skeleton";
import { DocumentHeader } from "./DocumentHeader";
import { NotFoundPage } from "./NotFoundPage";
import { OpeningPage } from "./OpeningPage";
import { Trouble } from "./Trouble";
import { fileName, takeAlong } from "./takeAlong";

export default function DocumentPage() {
  const { id = "" } = useParams();
  return <Opened key={id} id={id} />;
}

function Opened({ id }: { id: string }) {
  const [session, setSession] = useState<DocumentSession | null>(null);
  const [visit, setVisit] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another visit opens the document anew
  useEffect(() => {
    const url = `${location.origin.replace(/^http/, "ws")}/sync`;
    const opened = new DocumentSession({ document: id, schema: schemaVersion(), url });
    opened.open();
    setSession(opened);
    return () => opened.close();
  }, [id, visit]);
  if (session === null) return <OpeningPage />;
  const startOver = () => {
    session.startOver();
    setSession(null);
    setVisit(visit + 1);
  };
  return <OpenDocument id={id} session={session} onStartOver={startOver} />;
}

/** A tab that was left open over an upgrade has an older number: a test can pretend to be one. */
function schemaVersion(): number {
  const pretended = sessionStorage.getItem("quillroom:schema");
  return pretended === null ? SCHEMA_VERSION : Number(pretended);
}

interface OpenProps {
  id: string;
  session: DocumentSession;
  onStartOver: () => void;
}

function OpenDocument({ id, session, onStartOver }: OpenProps) {
  const snapshot = useSyncExternalStore(session.subscribe, session.getSnapshot);
  const queries = useQueryClient();
  const { status } = snapshot;
  const isSaved = status.name === "saved";
  useEffect(() => {
    if (isSaved) void queries.invalidateQueries({ queryKey: ["documents"] });
  }, [isSaved, queries]);
  const isMissing = useIsMissing(id, snapshot.isReady);
  const main = useNewTitleFocus(snapshot.canEdit);
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
        onStartOver={onStartOver}
      />
      <main ref={main} className="column document" aria-busy={!snapshot.isReady}>
        {snapshot.isReady ? (
          <DocumentEditor session={session} canEdit={snapshot.canEdit} user={snapshot.user} />
        ) : (
          <Skeleton isPaper />
        )}
      </main>
    </>
  );
}

/** Who made a new document goes on with its title. */
function useNewTitleFocus(canEdit: boolean) {
  const main = useRef<HTMLElement>(null);
  const { state } = useLocation() as { state: { isNew?: boolean } | null };
  const isNew = state?.isNew === true;
  useEffect(() => {
    const isWriting = document.activeElement?.closest("input, textarea, [contenteditable]");
    if (!canEdit || !isNew || isWriting) return;
    const title = main.current?.querySelector("textarea");
    if (title?.value === "") title.focus();
  }, [canEdit, isNew]);
  return main;
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
