import { Pin, Search } from "lucide-react";
import {
  type RefObject,
  useCallback,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { useNavigate } from "react-router";
import { c, s } from "../../locales";
import type { Message } from "../../protocol/message";
import type { ChatSide } from "../../sync/chat/side";
import { Modal } from "../../ui/Modal";
import { Announcer } from "./Announcer";
import { Composer } from "./Composer";
import { ChatContext, type ChatParts, useChatParts } from "./context";
import type { Wish } from "./MessageBar";
import { MessageList } from "./MessageList";
import { Readers } from "./Readers";
import { SideView } from "./SideView";
import { ChatSearch } from "./search/ChatSearch";
import { useDeeds } from "./useDeeds";

interface Props extends ChatParts {
  field: RefObject<HTMLTextAreaElement | null>;
}

/** The chat of the page beside it. */
export function ChatPanel({ field, ...parts }: Props) {
  return (
    <ChatContext value={parts}>
      <Panel field={field} />
    </ChatContext>
  );
}

type Asked = { name: "recall" | "readers"; message: Message } | null;

function Panel({ field }: { field: RefObject<HTMLTextAreaElement | null> }) {
  const { chat, draft } = useChatParts();
  const view = useSyncExternalStore(chat.subscribe, chat.getView);
  const begun = useSyncExternalStore(draft.subscribe, draft.get);
  const [editing, setEditing] = useState<Message | null>(null);
  const [side, setSide] = useState<ChatSide | null>(null);
  const [asked, setAsked] = useState<Asked>(null);
  const [isSearching, setSearching] = useState(false);
  const searchButton = useRef<HTMLButtonElement>(null);
  const endSearch = () => {
    setSearching(false);
    requestAnimationFrame(() => searchButton.current?.focus());
  };
  const toField = () => field.current?.focus();
  const wasEditing = useRef<string | null>(null);
  // Another field has come in its place.
  useEffect(() => {
    if (wasEditing.current !== (editing?.id ?? null)) focusAtEnd(field.current);
    wasEditing.current = editing?.id ?? null;
  }, [editing, field]);
  const reply = (message: Message) => {
    setEditing(null);
    setSide(null);
    draft.change({ replyTo: message.id });
    toField();
  };
  const onWish = useStable((wish: Wish, message: Message) => {
    if (wish === "reply") reply(message);
    else if (wish === "quote") {
      const quoted = (message.text ?? "").replace(/^/gm, "> ");
      const { text } = draft.get();
      draft.change({ text: `${quoted}\n${text}` });
      toField();
    } else if (wish === "edit") setEditing(message);
    else if (wish === "thread") setSide({ name: "thread", root: message.reply_to ?? message.id });
    else setAsked({ name: wish, message });
  });
  useEffect(() => {
    if (begun.replyTo !== null) chat.fetchParent(begun.replyTo);
  }, [chat, begun.replyTo]);
  // Recalled elsewhere while it is edited here: there is nothing left to edit.
  const current = editing && (chat.find(editing.id) ?? editing);
  const lastMine = view.messages.findLast(
    ({ author, recalled, text }) => author.id === chat.me.id && recalled === null && text,
  );
  const parent =
    begun.replyTo === null
      ? undefined
      : (chat.find(begun.replyTo) ?? view.parents.get(begun.replyTo));
  return (
    <div className="chat">
      <Announcer view={view} me={chat.me.id} />
      {isSearching ? (
        <Searching onClose={endSearch} />
      ) : side ? (
        <SideView
          key={side.name === "thread" ? side.root : side.name}
          which={side}
          onClose={() => setSide(null)}
          onReply={reply}
        />
      ) : (
        <>
          <div className="chat-top">
            {view.pinnedCount > 0 && (
              <button
                type="button"
                className="pins-line"
                onClick={() => setSide({ name: "pinned" })}
              >
                <Pin size={13} strokeWidth={1.75} aria-hidden="true" />{" "}
                {c.pinsCount(view.pinnedCount)}
              </button>
            )}
            <button
              ref={searchButton}
              type="button"
              className="icon-button search-open"
              aria-label={s.open}
              title={s.open}
              onClick={() => setSearching(true)}
            >
              <Search size={16} strokeWidth={1.75} aria-hidden="true" />
            </button>
          </div>
          <MessageList view={view} onWish={onWish} onLeave={toField} />
        </>
      )}
      <TypingLine names={view.typing.map(({ name }) => name)} />
      {view.status === "ended" ? (
        <p className="composer-closed">{c.ended}</p>
      ) : (
        <Composer
          field={field}
          people={view.people}
          parent={parent}
          editing={current?.recalled === null ? current : null}
          onEdit={setEditing}
          lastMine={lastMine}
        />
      )}
      <Questions asked={asked} onClose={() => setAsked(null)} />
    </div>
  );
}

function Searching({ onClose }: { onClose: () => void }) {
  const { chat } = useChatParts();
  const deeds = useDeeds();
  const navigate = useNavigate();
  const jump = ({ id, document }: Message) => {
    onClose();
    if (document === chat.document) void deeds.goTo(id);
    else void navigate(`/d/${encodeURIComponent(document)}?message=${encodeURIComponent(id)}`);
  };
  return <ChatSearch document={chat.document} onJump={jump} onClose={onClose} />;
}

function Questions({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const deeds = useDeeds();
  if (asked === null) return null;
  if (asked.name === "readers") {
    return (
      <Modal title={c.readersTitle} isOpen onClose={onClose}>
        <Readers message={asked.message.id} />
      </Modal>
    );
  }
  const recall = () => {
    onClose();
    void deeds.recall(asked.message);
  };
  return (
    <Modal title={c.recallTitle} isOpen onClose={onClose}>
      <p>{c.recallText}</p>
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {c.keep}
        </button>
        <button type="button" className="button destroy" onClick={recall}>
          {c.recall}
        </button>
      </div>
    </Modal>
  );
}

function TypingLine({ names }: { names: readonly string[] }) {
  return (
    <p className="typing-line" aria-hidden="true">
      {names.length > 0 ? c.typing(names) : ""}
    </p>
  );
}

function focusAtEnd(field: HTMLTextAreaElement | null): void {
  field?.focus();
  field?.setSelectionRange(field.value.length, field.value.length);
}

/** The same function for ever, doing what the last one does: messages are not drawn anew for it. */
function useStable<Given extends unknown[]>(run: (...given: Given) => void) {
  const latest = useRef(run);
  latest.current = run;
  return useCallback((...given: Given) => latest.current(...given), []);
}
