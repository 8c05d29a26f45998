import { ArrowDown } from "lucide-react";
import {
  type KeyboardEvent,
  type PointerEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { c } from "../../locales";
import type { Message } from "../../protocol/message";
import { deliveryOf } from "../../sync/chat/receipts";
import type { ChatView } from "../../sync/chat/view";
import { useChatParts } from "./context";
import type { Wish } from "./MessageBar";
import { MessageItem } from "./MessageItem";
import { PendingItem } from "./PendingItem";
import { around, drawn, earlier, LATEST, later, type Range } from "./range";
import { rowsOf, seenAt } from "./rows";
import { dayName } from "./time";
import { elementOf, useScroll } from "./useScroll";
import { useWatch } from "./useWatch";

const NEAR_END_PX = 700;
const FLASHED_MS = 2200;
const NOBODY: readonly string[] = [];

/** Where the list is to be as soon as that is drawn. */
type Going = "end" | { id: string; where: "center" | "start" };

interface Props {
  view: ChatView;
  onWish: (wish: Wish, message: Message) => void;
  onLeave: () => void;
}

export function MessageList({ view, onWish, onLeave }: Props) {
  const { chat, mayWrite: mayComment } = useChatParts();
  const mayWrite = mayComment && view.status !== "ended";
  const me = chat.me.id;
  const root = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState<Range>(LATEST);
  const [active, setActive] = useState<string | null>(null);
  const [flashed, setFlashed] = useState<string | null>(null);
  const { messages, line, target } = view;
  const [start, end] = drawn(messages, range);
  const shown = useMemo(() => messages.slice(start, end), [messages, start, end]);
  const isEndDrawn = end === messages.length && !view.hasAfter;
  const scroll = useScroll(root, isEndDrawn);
  const going = useRef<Going | null>(null);
  const begin = useFirstUnread(view, going, setRange);
  // What is drawn before one is where one reads is not read by that.
  useWatch(chat, begin.isOver && scroll.isAtEnd && isEndDrawn);
  // Only when it is drawn: that may take a while on a busy machine.
  useLayoutEffect(() => {
    const { current } = going;
    if (current === "end" && isEndDrawn) scroll.stick();
    else if (current === null || current === "end" || !root.current) return;
    else {
      const element = elementOf(root.current, current.id);
      if (!element) return;
      scroll.show(current.id, current.where);
      if (current.where === "center") element.focus({ preventScroll: true });
    }
    going.current = null;
    begin.end();
  });

  // Where somebody wants to go may not be drawn yet.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each wish
  useEffect(() => {
    const wanted = target && messages.find(({ id }) => id === target.id);
    if (!wanted) return;
    setRange(around(messages, wanted.seq));
    setFlashed(wanted.id);
    going.current = { id: wanted.id, where: "center" };
    const timer = setTimeout(() => setFlashed(null), FLASHED_MS);
    return () => clearTimeout(timer);
  }, [target]);

  /** With older ones in front of it, what is drawn begins a little earlier. */
  const moreAbove = (now: Range) =>
    earlier(chat.getView().messages, { ...now, top: now.top ?? messages[start]?.seq ?? null });
  const onScroll = () => {
    scroll.look();
    const list = root.current;
    if (!list) return;
    const below = list.scrollHeight - list.scrollTop - list.clientHeight;
    if (list.scrollTop < NEAR_END_PX) {
      if (start > 0) setRange(earlier(messages, range));
      else if (view.hasBefore) void chat.loadBefore().then(() => setRange(moreAbove));
    }
    if (below < NEAR_END_PX && !isEndDrawn) {
      if (end < messages.length) setRange(later(messages, range));
      else void chat.loadAfter();
    }
  };
  // On a high screen there may be nothing to scroll yet.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when there are others
  useEffect(() => {
    const list = root.current;
    if (list && list.scrollHeight <= list.clientHeight) onScroll();
  }, [messages.length]);
  // At the end nothing has to be kept drawn above.
  useEffect(() => {
    if (scroll.isAtEnd && isEndDrawn && range.top !== null && end - start > 120) setRange(LATEST);
  }, [scroll.isAtEnd, isEndDrawn, range.top, end, start]);

  const toLatest = () => {
    going.current = "end";
    chat.goToLatest();
    setRange(LATEST);
    scroll.stick();
  };
  // What I say is seen by me, wherever I was.
  const saidCount = view.pending.length;
  const before = useRef(saidCount);
  // biome-ignore lint/correctness/useExhaustiveDependencies: when something is said, not when a function changes
  useLayoutEffect(() => {
    if (saidCount > before.current) {
      setRange(LATEST);
      scroll.stick();
    }
    before.current = saidCount;
  }, [saidCount]);

  const rows = useMemo(() => rowsOf(shown, line, me), [shown, line, me]);
  const mine = useMemo(
    () => messages.slice(-400).filter((each) => each.author.id === me && each.recalled === null),
    [messages, me],
  );
  const lastMine = mine.at(-1)?.id;
  const seen = useMemo(() => seenAt(mine, view.receipts.values(), me), [mine, view.receipts, me]);
  const replies = useMemo(() => repliesOf(messages), [messages]);
  const known = useMemo(() => new Map(messages.map((each) => [each.id, each])), [messages]);
  const parentOf = (id: string | null) =>
    id === null ? undefined : (known.get(id) ?? view.parents.get(id) ?? chat.find(id));
  useEffect(() => {
    for (const { reply_to } of shown) if (reply_to !== null) chat.fetchParent(reply_to);
    for (const { replyTo } of view.pending) if (replyTo !== null) chat.fetchParent(replyTo);
  }, [chat, shown, view.pending]);
  const onActive = useCallback((id: string | null) => setActive(id), []);
  const tabStop = active !== null && known.has(active) ? active : shown.at(-1)?.id;

  return (
    <div className="message-list">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys go from message to message within */}
      <div
        ref={root}
        className="message-scroll"
        onScroll={onScroll}
        // Not by entering and leaving: React misses these where something vanishes under the pointer.
        onPointerOver={(event) => onPointer(event, setActive)}
        onPointerMove={(event) => onPointer(event, setActive)}
        onPointerLeave={({ pointerType }) => pointerType === "mouse" && setActive(null)}
        onKeyDown={(event) => moveAlong(event, root.current, onLeave)}
        onBlur={({ relatedTarget, currentTarget }) => {
          if (relatedTarget && !currentTarget.contains(relatedTarget)) setActive(null);
        }}
      >
        <div className="message-content">
          {view.hasBefore && start === 0 && (
            <div className="older" role="status" aria-label={c.loadingOlder}>
              <span className="older-dot" />
              <span className="older-dot" />
              <span className="older-dot" />
            </div>
          )}
          {messages.length === 0 && view.pending.length === 0 && <Nothing view={view} />}
          <div role="feed" aria-label={c.messages} aria-busy={view.status === "opening"}>
            {rows.map((row) => {
              if (row.kind === "day") return <Day key={row.key} at={row.at} />;
              if (row.kind === "new") return <FreshLine key={row.key} />;
              const { message } = row;
              const isLast = message.id === lastMine;
              return (
                <MessageItem
                  key={row.key}
                  message={message}
                  me={me}
                  people={view.people}
                  parent={parentOf(message.reply_to)}
                  replies={replies.get(message.id) ?? 0}
                  isFirst={row.isFirst}
                  isActive={active === message.id}
                  isTabStop={tabStop === message.id}
                  isFlashed={flashed === message.id}
                  mayWrite={mayWrite}
                  delivery={isLast ? deliveryOf(message.seq, view.receipts, me) : null}
                  seenBy={isLast ? NOBODY : (seen.get(message.id) ?? NOBODY)}
                  position={known.size === 0 ? 1 : start + shown.indexOf(message) + 1}
                  count={view.hasBefore || view.hasAfter ? -1 : messages.length}
                  onActive={onActive}
                  onWish={onWish}
                />
              );
            })}
          </div>
          {!view.hasAfter &&
            view.pending.map((pending) => (
              <PendingItem
                key={pending.clientId}
                pending={pending}
                parent={parentOf(pending.replyTo)}
              />
            ))}
        </div>
      </div>
      {(!scroll.isAtEnd || !isEndDrawn) && messages.length > 0 && (
        <button type="button" className="to-latest" onClick={toLatest}>
          <ArrowDown size={14} strokeWidth={2} aria-hidden="true" />
          {view.unread.count > 0 ? c.latestNew(view.unread.count) : c.latest}
        </button>
      )}
    </div>
  );
}

/** Whoever comes back begins to read where they stopped, however long ago that was. */
function useFirstUnread(
  view: ChatView,
  going: { current: Going | null },
  setRange: (range: Range) => void,
): { isOver: boolean; end: () => void } {
  const { chat } = useChatParts();
  const [state, setState] = useState<"waiting" | "going" | "over">("waiting");
  const { line, messages, unread, isCounted, target } = view;
  const end = useCallback(() => setState("over"), []);
  useEffect(() => {
    if (state !== "waiting" || !isCounted) return;
    if (line === null || target !== null || unread.count < 8 || messages.length === 0) {
      setState("over");
      return;
    }
    setState("going");
    void chat.goToLine().then((first) => {
      if (first === null) {
        setState("over");
        return;
      }
      going.current = { id: first.id, where: "start" };
      setRange(around(chat.getView().messages, first.seq));
    });
  }, [state, isCounted, line, target, unread.count, messages.length, chat, going, setRange]);
  return { isOver: state === "over", end };
}

function repliesOf(messages: readonly Message[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { reply_to, recalled } of messages) {
    if (reply_to !== null && recalled === null) found.set(reply_to, (found.get(reply_to) ?? 0) + 1);
  }
  return found;
}

/** The message under the pointer is the one to do something with. */
function onPointer(event: PointerEvent, setActive: (id: string) => void): void {
  if (event.pointerType !== "mouse") return;
  const under = (event.target as HTMLElement).closest<HTMLElement>("article[data-message]");
  if (under?.dataset.message) setActive(under.dataset.message);
}

/** Arrow keys go from message to message; Escape goes back to the field. */
function moveAlong(event: KeyboardEvent, list: HTMLElement | null, onLeave: () => void): void {
  const target = event.target as HTMLElement;
  if (event.key === "Escape" && !event.defaultPrevented) {
    onLeave();
    return;
  }
  if (!list || !target.matches("[data-message]")) return;
  const all = [...list.querySelectorAll<HTMLElement>("article[data-message]")];
  const at = all.indexOf(target);
  const next = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  const element = all[Math.max(0, next)];
  if (element) element.focus();
  else onLeave();
}

function Day({ at }: { at: number }) {
  return (
    <div className="day">
      <span>{dayName(at)}</span>
    </div>
  );
}

function FreshLine() {
  return (
    <div className="fresh-line">
      <span>{c.fresh}</span>
    </div>
  );
}

function Nothing({ view }: { view: ChatView }) {
  if (view.status === "opening") return null;
  const isAlone = view.status === "alone";
  return (
    <div className="chat-empty">
      <p>{isAlone ? c.alone : view.status === "ended" ? c.ended : c.empty}</p>
      {view.status !== "ended" && (
        <p className="muted small">{isAlone ? c.aloneText : c.emptyText}</p>
      )}
    </div>
  );
}
