import { useQueryClient } from "@tanstack/react-query";
import type { Editor } from "@tiptap/core";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useLocation, useParams } from "react-router";
import { DocumentEditor } from "../editor/DocumentEditor";
import { SCHEMA_VERSION } from "../editor/extensions";
import { DocumentSession } from "../sync/session";
import { copyText } from "../ui/copy";
import { download } from "../ui/download";
import { Skeleton } from "../ui/Skeleton";
import { DocumentHeader } from "./DocumentHeader";
import { HiddenPage } from "./HiddenPage";
import { useMe } from "./me";
import { OpeningPage } from "./OpeningPage";
import { Trouble } from "./Trouble";
import { fileName, takeAlong } from "./takeAlong";
import { useEnding, useReturn, useRoleChange } from "./useAccess";
import { useBeside } from "./useBeside";

export default function DocumentPage() {
  const { id = "" } = useParams();
  return <Opened key={id} id={id} />;
}

function Opened({ id }: { id: string }) {
  const [session, setSession] = useState<DocumentSession | null>(null);
  const [visit, setVisit] = useState(0);
  const person = useMe().user.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another visit opens the document anew
  useEffect(() => {
    const url = `${location.origin.replace(/^http/, "ws")}/sync`;
    const opened = new DocumentSession({ document: id, person, schema: schemaVersion(), url });
    opened.open();
    setSession(opened);
    return () => opened.close();
  }, [id, person, visit]);
  if (session === null) return <OpeningPage />;
  const reopen = () => {
    setSession(null);
    setVisit(visit + 1);
  };
  const startOver = () => {
    session.startOver();
    reopen();
  };
  return <OpenDocument id={id} session={session} onStartOver={startOver} onReopen={reopen} />;
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
  onReopen: () => void;
}

function OpenDocument({ id, session, onStartOver, onReopen }: OpenProps) {
  const snapshot = useSyncExternalStore(session.subscribe, session.getSnapshot);
  const queries = useQueryClient();
  const { status } = snapshot;
  const isSaved = status.name === "saved";
  useEffect(() => {
    if (isSaved) void queries.invalidateQueries({ queryKey: ["documents"] });
  }, [isSaved, queries]);
  useEnding(id, session, snapshot);
  useRoleChange(snapshot.role);
  const main = useNewTitleFocus(snapshot.canEdit);
  const isEnded = status.name === "gone" || status.name === "accessEnded";
  useReturn(id, isEnded, onReopen);
  const [editor, setEditor] = useState<Editor | null>(null);
  const beside = useBeside(id, editor, snapshot);
  if (isEnded && !snapshot.isReady) {
    return <HiddenPage id={id} />;
  }
  return (
    <div className="document-page">
      <DocumentHeader
        id={id}
        session={session}
        snapshot={snapshot}
        chat={beside.chat}
        isChatOpen={beside.isOpen}
        onChat={beside.toggle}
      />
      <div className={beside.isOpen ? "page-area with-panel" : "page-area"} style={beside.style}>
        <div className="page-scroll">
          <Trouble
            status={status}
            isStored={snapshot.isStored}
            onCopy={() => copyText(takeAlong(session))}
            onDownload={() => download(fileName(session), takeAlong(session))}
            onStartOver={onStartOver}
          />
          <main ref={main} className="column document" aria-busy={!snapshot.isReady}>
            {snapshot.isReady ? (
              <DocumentEditor
                session={session}
                canEdit={snapshot.canEdit}
                user={snapshot.user}
                canQuote={beside.mayWrite}
                onEditor={setEditor}
              />
            ) : (
              <Skeleton isPaper />
            )}
          </main>
        </div>
        {beside.panel}
      </div>
    </div>
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
