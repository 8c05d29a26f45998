import { Pin } from "lucide-react";
import { Popover } from "radix-ui";
import { memo, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { c } from "../../locales";
import type { Person } from "../../protocol/control";
import type { Message } from "../../protocol/message";
import type { Delivery } from "../../sync/chat/receipts";
import { Face } from "../../ui/Face";
import { MessageBar, type Wish } from "./MessageBar";
import { MessageText } from "./MessageText";
import { Attachments } from "./media";
import { Quoted } from "./Quoted";
import { Reactions } from "./Reactions";
import { ReplyLine } from "./ReplyLine";
import { Revisions } from "./Revisions";
import { DeliveryState, SeenBy } from "./States";
import { clockTime, fullTime } from "./time";

export interface ItemProps {
  message: Message;
  me: string;
  people: ReadonlyMap<string, Person>;
  parent: Message | null | undefined;
  replies: number;
  isFirst: boolean;
  /** The pointer or the focus is on it. */
  isActive: boolean;
  isTabStop: boolean;
  isFlashed: boolean;
  mayWrite: boolean;
  /** Of my last one. */
  delivery: Delivery | null;
  seenBy: readonly string[];
  /** Its place, and of how many: -1 when that is not known. */
  position: number;
  count: number;
  onActive: (id: string | null) => void;
  onWish: (wish: Wish, message: Message) => void;
}

const INSIDE = "a[href], button, input";

export const MessageItem = memo(function MessageItem(props: ItemProps) {
  const { message, me, isFirst, isActive, isTabStop, isFlashed, onActive, onWish } = props;
  const [isHeld, setHeld] = useState(false);
  const isMine = message.author.id === me;
  const isRecalled = message.recalled !== null;
  const names = ["message"];
  if (isMine) names.push("mine");
  if (isFirst) names.push("first");
  if (isFlashed) names.push("flashed");
  const headId = `by-${message.id}`;
  const root = useRef<HTMLElement>(null);
  // The Tab key meets one message, not the links and buttons of all: the arrow keys lead to the others.
  useLayoutEffect(() => {
    for (const each of root.current?.querySelectorAll<HTMLElement>(INSIDE) ?? []) {
      if (!each.closest(".message-bar")) each.tabIndex = isTabStop ? 0 : -1;
    }
  });
  return (
    <article
      ref={root}
      className={names.join(" ")}
      data-message={message.id}
      data-seq={message.seq}
      tabIndex={isTabStop ? 0 : -1}
      aria-labelledby={headId}
      aria-posinset={props.position}
      aria-setsize={props.count}
      onFocus={() => onActive(message.id)}
    >
      {isFirst && !isMine && <Face person={message.author} />}
      <div className="message-column">
        <Head message={message} id={headId} isShown={isFirst && !isMine} isMine={isMine} />
        {isRecalled ? <Tombstone message={message} me={me} /> : <Content {...props} />}
        <Foot {...props} isMine={isMine} />
      </div>
      {(isActive || isHeld) && !isRecalled && (
        <MessageBar
          message={message}
          onWish={onWish}
          onHold={(next) => {
            setHeld(next);
            if (!next) onActive(message.id);
          }}
        />
      )}
    </article>
  );
});

interface HeadProps {
  message: Message;
  id: string;
  isShown: boolean;
  isMine: boolean;
}

function Head({ message, id, isShown, isMine }: HeadProps) {
  return (
    <header id={id} className={isShown ? "message-head" : "unseen"}>
      <b>{isMine ? c.you : message.author.name}</b>{" "}
      <time dateTime={message.at} title={fullTime(message.at)}>
        {clockTime(message.at)}
      </time>
      {message.pinned && isShown && (
        <Pin size={12} strokeWidth={2} aria-label={c.pinnedBy(message.pinned.by.name)} />
      )}
    </header>
  );
}

function Content({ message, me, people, parent, mayWrite }: ItemProps) {
  return (
    <>
      {message.reply_to !== null && <ReplyLine id={message.reply_to} parent={parent} />}
      {(message.quote || message.text) && (
        <div className="bubble-text" title={fullTime(message.at)}>
          {message.quote && <Quoted quote={message.quote} />}
          {message.text && <MessageText text={message.text} me={me} />}
          {message.edited_at && <Edited message={message} me={me} />}
        </div>
      )}
      <Attachments files={message.files} />
      <Reactions message={message} me={me} people={people} mayWrite={mayWrite} />
    </>
  );
}

function Tombstone({ message, me }: { message: Message; me: string }) {
  const by = message.recalled?.by;
  return (
    <p className="tombstone">
      {by?.id === me && message.author.id === me
        ? c.youRecalled
        : c.recalled(by?.name ?? message.author.name, message.author.name)}
    </p>
  );
}

function Edited({ message, me }: { message: Message; me: string }) {
  return (
    <Popover.Root>
      <Popover.Trigger
        className="edited"
        aria-label={c.editedAt(fullTime(message.edited_at ?? ""))}
      >
        {c.edited}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="menu popover"
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label={c.history}
        >
          <Revisions message={message} me={me} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Foot(props: ItemProps & { isMine: boolean }) {
  const { message, isMine, delivery, seenBy, people, replies, onWish } = props;
  const parts: ReactNode[] = [];
  if (replies > 0) {
    parts.push(
      <button
        key="replies"
        type="button"
        className="state seen"
        onClick={() => onWish("thread", message)}
      >
        {c.replies(replies)}
      </button>,
    );
  }
  if (isMine && message.pinned) {
    parts.push(
      <span key="pin" className="state">
        <Pin size={12} strokeWidth={2} aria-label={c.pinnedBy(message.pinned.by.name)} />
      </span>,
    );
  }
  if (delivery && message.recalled === null) {
    parts.push(
      <span key="at" className="state">
        {clockTime(message.at)}
      </span>,
      <DeliveryState key="state" message={message.id} delivery={delivery} people={people} />,
    );
  } else if (seenBy.length > 0) {
    parts.push(<SeenBy key="seen" message={message.id} ids={seenBy} people={people} />);
  }
  return parts.length === 0 ? null : <footer className="message-foot">{parts}</footer>;
}
