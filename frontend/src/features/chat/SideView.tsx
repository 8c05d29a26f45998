import { ArrowLeft, ArrowRight } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { c, t } from "../../locales";
import type { Message } from "../../protocol/message";
import type { ChatSide } from "../../sync/chat/side";
import { Face } from "../../ui/Face";
import { Skeleton } from "../../ui/Skeleton";
import { useChatParts } from "./context";
import { MessageText } from "./MessageText";
import { Attachments } from "./media";
import { clockTime, dayName } from "./time";
import { useDeeds } from "./useDeeds";

interface Props {
  which: ChatSide;
  onClose: () => void;
  onReply: (message: Message) => void;
}

/** In place of the chat: what is pinned, or a message and its replies. */
export function SideView({ which, onClose, onReply }: Props) {
  const { chat, mayWrite } = useChatParts();
  const [list] = useState(() => chat.side(which));
  const { state, messages } = useSyncExternalStore(list.subscribe, list.getView);
  useEffect(() => {
    void list.load();
    return () => chat.endSide(list);
  }, [chat, list]);
  const isPins = which.name === "pinned";
  const [root] = messages;
  return (
    <section className="side-view" aria-label={isPins ? c.pins : c.threadTitle}>
      <header className="side-head">
        <button type="button" className="icon-button" aria-label={c.back} onClick={onClose}>
          <ArrowLeft size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
        <h2>{isPins ? c.pins : c.threadTitle}</h2>
      </header>
      <div className="side-scroll">
        {state === "loading" && <Skeleton />}
        {state === "failed" && <p className="muted">{t.cannotReach}</p>}
        {state === "ready" && messages.length === 0 && <p className="muted">{c.noPins}</p>}
        {messages.map((message) => (
          <SideMessage key={message.id} message={message} onGo={onClose} />
        ))}
        {!isPins && mayWrite && root && root.recalled === null && (
          <button type="button" className="button small" onClick={() => onReply(root)}>
            {c.reply}
          </button>
        )}
      </div>
    </section>
  );
}

function SideMessage({ message, onGo }: { message: Message; onGo: () => void }) {
  const { chat } = useChatParts();
  const deeds = useDeeds();
  const at = Date.parse(message.at);
  return (
    <article className="side-message">
      <header>
        <Face person={message.author} />
        <b className="name">{message.author.name}</b>
        <time dateTime={message.at} className="muted small">
          {dayName(at)} {clockTime(at)}
        </time>
        <button
          type="button"
          className="icon-button"
          aria-label={c.goToMessage}
          title={c.goToMessage}
          onClick={() => {
            onGo();
            void deeds.goTo(message.id);
          }}
        >
          <ArrowRight size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      </header>
      {message.recalled ? (
        <p className="tombstone">{c.parentRecalled}</p>
      ) : (
        <>
          {message.quote && <p className="quoted still">{message.quote.text}</p>}
          {message.text && <MessageText text={message.text} me={chat.me.id} />}
          <Attachments files={message.files} />
        </>
      )}
    </article>
  );
}
