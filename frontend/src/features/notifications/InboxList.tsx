import { BellOff, CheckCheck } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import type { Notification } from "../../api/notifications";
import { n, t } from "../../locales";
import { Face } from "../../ui/Face";
import { failureText } from "../../ui/failure";
import { Skeleton } from "../../ui/Skeleton";
import { useStore } from "../../ui/store";
import { ago, exactly } from "../../ui/time";
import { toast } from "../../ui/toast";
import { inbox, loadMore, readAll, readLine } from "./inbox";
import { isDirect } from "./lines";

type Filter = "direct" | "all";
const FILTERS: Filter[] = ["direct", "all"];

/** What waits for somebody, newest first; the same in the bell and on its own page. */
export function InboxList({ onOpen }: { onOpen?: () => void }) {
  const lines = useStore(inbox);
  const [filter, setFilter] = useState<Filter>("direct");
  const shown = filter === "all" ? lines.all : lines.all.filter(isDirect);
  return (
    <div className="inbox">
      <div className="inbox-tools">
        <Filters chosen={filter} onChoose={setFilter} />
        <ReadAll isNeeded={lines.unread > 0} />
      </div>
      {lines.cursor === null ? (
        <Skeleton />
      ) : (
        <ul className="inbox-lines" aria-label={n.inbox}>
          {shown.map((line) => (
            <Line key={line.id} line={line} {...(onOpen ? { onOpen } : {})} />
          ))}
        </ul>
      )}
      {lines.cursor !== null && shown.length === 0 && lines.next === null && (
        <Nothing text={filter === "direct" ? n.emptyDirect : n.emptyAll} />
      )}
      {lines.next !== null && <More />}
    </div>
  );
}

function Filters({ chosen, onChoose }: { chosen: Filter; onChoose: (filter: Filter) => void }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields
    <div className="segments" role="group" aria-label={n.which}>
      {FILTERS.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === chosen}
          onClick={() => onChoose(each)}
        >
          {n[each]}
        </button>
      ))}
    </div>
  );
}

/** It stays where it is when all is read, so that the focus does too. */
function ReadAll({ isNeeded }: { isNeeded: boolean }) {
  const read = () =>
    readAll().then(
      () => toast(n.allRead),
      (error: Error) => toast(failureText(error)),
    );
  return (
    <button
      type="button"
      className="button small quiet"
      aria-disabled={!isNeeded}
      onClick={() => isNeeded && void read()}
    >
      <CheckCheck size={15} strokeWidth={1.75} aria-hidden="true" /> {n.readAll}
    </button>
  );
}

function Nothing({ text }: { text: string }) {
  return (
    <div className="inbox-nothing">
      <BellOff size={22} strokeWidth={1.5} aria-hidden="true" />
      <p>{n.empty}</p>
      <p className="small muted">{text}</p>
    </div>
  );
}

/** The next part; the focus goes on to its first line. */
function More() {
  const [isBusy, setIsBusy] = useState(false);
  const isHere = useRef(true);
  useEffect(() => {
    isHere.current = true;
    return () => {
      isHere.current = false;
    };
  }, []);
  const load = async () => {
    setIsBusy(true);
    await loadMore().catch((error: Error) => toast(failureText(error)));
    if (isHere.current) setIsBusy(false);
  };
  return (
    <button
      type="button"
      className="button small more"
      aria-busy={isBusy}
      onClick={() => !isBusy && void load()}
    >
      {n.more}
    </button>
  );
}

function Line({ line, onOpen }: { line: Notification; onOpen?: () => void }) {
  const { actor, document, at, read_at } = line;
  const content = (
    <>
      {actor ? (
        <span aria-hidden="true">
          <Face person={actor} />
        </span>
      ) : (
        <span className="face" aria-hidden="true" />
      )}
      <span className="about">
        <span>{sentence(line)}</span>
        <Preview line={line} />
        <time className="small muted" dateTime={at} title={exactly(at)}>
          {ago(at)}
        </time>
      </span>
      {read_at === null && <span className="unread-dot" role="img" aria-label={n.unread} />}
    </>
  );
  const open = () => {
    readLine(line);
    onOpen?.();
  };
  return (
    <li className={read_at === null ? "is-unread" : ""}>
      {document === null ? (
        <button type="button" className="inbox-line" onClick={() => readLine(line)}>
          {content}
        </button>
      ) : (
        <Link className="inbox-line" to={addressOf(line)} onClick={open}>
          {content}
        </Link>
      )}
    </li>
  );
}

function Preview({ line: { message } }: { line: Notification }) {
  if (message === null) return null;
  return <span className="inbox-preview">{message.preview || n.file}</span>;
}

function sentence({ kind, actor, document }: Notification): string {
  const page = document === null ? n.aPage : document.title || t.untitled;
  return (n.said[kind] ?? n.other)(actor?.name ?? n.somebody, page);
}

/** The page, and the message in its chat. */
function addressOf({ document, message }: Notification): string {
  const page = `/d/${encodeURIComponent(document?.id ?? "")}`;
  return message === null ? page : `${page}?message=${encodeURIComponent(message.id)}`;
}
