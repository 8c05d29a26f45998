import { CornerUpLeft, Pencil, Quote as QuoteIcon, SendHorizontal, Smile, X } from "lucide-react";
import {
  type ClipboardEvent,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useId,
  useLayoutEffect,
  useState,
  useSyncExternalStore,
} from "react";
import { c } from "../../locales";
import type { Person } from "../../protocol/control";
import { type Message, TEXT_LIMIT } from "../../protocol/message";
import { toSaid, toWritten } from "../../sync/chat/mentions";
import { useChatParts } from "./context";
import { AttachButton, filesOf, PendingFiles, useUploads, VoiceRecorder } from "./media";
import { ReactButton } from "./ReactButton";
import { Suggestions } from "./Suggestions";
import { summaryOf } from "./summary";
import { useDeeds } from "./useDeeds";
import { type Suggestion, useSuggestions } from "./useSuggestions";

const COUNTED_FROM = TEXT_LIMIT - 500;
const LINES = 8;

interface Props {
  field: RefObject<HTMLTextAreaElement | null>;
  people: ReadonlyMap<string, Person>;
  parent: Message | null | undefined;
  editing: Message | null;
  onEdit: (message: Message | null) => void;
  /** My last one here, which ↑ in an empty field edits. */
  lastMine: Message | undefined;
}

export function Composer(props: Props) {
  const { mayWrite } = useChatParts();
  if (!mayWrite) return <p className="composer-closed">{c.readOnly}</p>;
  const { editing } = props;
  // Whoever edits writes in a field of its own: what they had begun to say waits.
  return editing ? (
    <EditField key={editing.id} {...props} editing={editing} />
  ) : (
    <NewField {...props} />
  );
}

function NewField({ field, people, parent, onEdit, lastMine }: Props) {
  const { chat, draft, uploads, voiceSeconds } = useChatParts();
  const begun = useSyncExternalStore(draft.subscribe, draft.get);
  const files = useUploads(uploads, begun.files);
  const [isRecording, setRecording] = useState(false);
  const hasRefused = files.some(({ state }) => state === "refused");
  const said = toSaid(begun.text, begun.names).trim();
  const canSend = (said !== "" || files.length > 0) && said.length <= TEXT_LIMIT && !hasRefused;
  const send = () => {
    if (!canSend) return;
    void chat.say(said, {
      quote: begun.quote,
      replyTo: begun.replyTo,
      files: files.map(({ key }) => key),
    });
    draft.clear();
  };
  const attach = (chosen: readonly File[]) => {
    const added = chosen.map((file) => uploads.add(chat.document, file, file.name).key);
    if (added.length > 0) draft.change({ files: [...draft.get().files, ...added] });
    field.current?.focus();
  };
  const remove = (key: string) => {
    draft.change({ files: begun.files.filter((each) => each !== key) });
    uploads.remove(key);
  };
  const leave = () => {
    if (begun.replyTo !== null) draft.change({ replyTo: null });
    else if (begun.quote !== null) draft.change({ quote: null });
    else return false;
    return true;
  };
  return (
    <ComposerFrame onFiles={attach}>
      {begun.replyTo !== null && (
        <Above
          icon={<CornerUpLeft size={14} strokeWidth={1.75} aria-hidden="true" />}
          title={parent ? c.replyingTo(parent.author.name) : c.reply}
          text={parent ? summaryOf(parent) : ""}
          closeLabel={c.cancelReply}
          onClose={() => draft.change({ replyTo: null })}
        />
      )}
      {begun.quote !== null && (
        <Above
          icon={<QuoteIcon size={14} strokeWidth={1.75} aria-hidden="true" />}
          title={c.quoting}
          text={begun.quote.text}
          closeLabel={c.removeQuote}
          onClose={() => draft.change({ quote: null })}
        />
      )}
      <PendingFiles
        uploads={files}
        onRemove={remove}
        onAlt={(key, alt) => uploads.setAlt(key, alt)}
        onRetry={(key) => uploads.retry(key)}
      />
      <div className="composer-row">
        {!isRecording && (
          <>
            <Field
              field={field}
              text={begun.text}
              people={people}
              label={c.field}
              placeholder={c.placeholder}
              onText={(text) => {
                draft.change({ text });
                if (text !== "") chat.type();
              }}
              onMention={(person) =>
                draft.change({
                  names: [...draft.get().names.filter((e) => e.id !== person.id), person],
                })
              }
              onSend={send}
              onEscape={leave}
              onUp={() => {
                if (begun.text !== "" || lastMine === undefined) return false;
                onEdit(lastMine);
                return true;
              }}
              onFiles={attach}
            />
            <Left count={TEXT_LIMIT - said.length} />
            <EmojiButton
              field={field}
              text={begun.text}
              onText={(text) => draft.change({ text })}
            />
            <AttachButton onFiles={attach} />
          </>
        )}
        {said === "" && files.length === 0 ? (
          <VoiceRecorder
            longestSeconds={voiceSeconds}
            onActive={setRecording}
            onRecorded={({ blob, name, duration, waveform }) => {
              const recorded = uploads.add(chat.document, blob, name, { duration, waveform });
              void chat.say("", { replyTo: begun.replyTo, files: [recorded.key] });
              draft.change({ replyTo: null });
            }}
          />
        ) : (
          <SendButton label={c.send} isEnabled={canSend} onSend={send} />
        )}
      </div>
    </ComposerFrame>
  );
}

function EditField({ field, people, editing, onEdit }: Props & { editing: Message }) {
  const { chat } = useChatParts();
  const deeds = useDeeds();
  const [before] = useState(() => toWritten(editing.text ?? ""));
  const [text, setText] = useState(before.text);
  const [names, setNames] = useState(before.names);
  const [isBusy, setBusy] = useState(false);
  const said = toSaid(text, names).trim();
  const canSend = (said !== "" || editing.files.length > 0) && said.length <= TEXT_LIMIT && !isBusy;
  const stop = () => {
    onEdit(null);
    return true;
  };
  const send = async () => {
    if (!canSend) return;
    if (said === editing.text) return void stop();
    setBusy(true);
    // What could not be changed stays in the field.
    if (await deeds.attempt(chat.edit(editing, said))) stop();
    else setBusy(false);
  };
  return (
    <ComposerFrame onFiles={() => {}}>
      <Above
        icon={<Pencil size={14} strokeWidth={1.75} aria-hidden="true" />}
        title={c.editing}
        text={before.text}
        closeLabel={c.cancelEdit}
        onClose={stop}
      />
      <div className="composer-row">
        <Field
          field={field}
          text={text}
          people={people}
          label={c.editing}
          placeholder=""
          onText={setText}
          onMention={(person) => setNames([...names.filter(({ id }) => id !== person.id), person])}
          onSend={() => void send()}
          onEscape={stop}
          onUp={() => false}
          onFiles={() => {}}
        />
        <Left count={TEXT_LIMIT - said.length} />
        <EmojiButton field={field} text={text} onText={setText} />
        <SendButton label={c.saveEdit} isEnabled={canSend} onSend={() => void send()} />
      </div>
    </ComposerFrame>
  );
}

/** Takes what is dropped on it. */
function ComposerFrame({
  onFiles,
  children,
}: {
  onFiles: (files: File[]) => void;
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way; the paperclip does the same by key
    <div
      className="composer"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        const files = filesOf(event.dataTransfer);
        if (files.length === 0) return;
        event.preventDefault();
        onFiles(files);
      }}
    >
      {children}
    </div>
  );
}

interface FieldProps {
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  people: ReadonlyMap<string, Person>;
  label: string;
  placeholder: string;
  onText: (text: string) => void;
  onMention: (person: { id: string; name: string }) => void;
  onSend: () => void;
  /** True: the key has done something. */
  onEscape: () => boolean;
  onUp: () => boolean;
  onFiles: (files: File[]) => void;
}

function Field(props: FieldProps) {
  const { field, text, people, label, placeholder, onText } = props;
  const { chat } = useChatParts();
  const id = useId();
  const [caret, setCaret] = useState<number | null>(null);
  const suggested = useSuggestions(text, caret, people, chat.me.id);
  const grow = field;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows from the text
  useLayoutEffect(() => {
    const element = grow.current;
    if (!element) return;
    element.style.height = "0";
    const limit = LINES * 20 + 18;
    element.style.height = `${Math.min(element.scrollHeight, limit)}px`;
    element.style.overflowY = element.scrollHeight > limit ? "auto" : "hidden";
  }, [text]);
  const pick = (suggestion: Suggestion) => {
    const { asked } = suggested;
    const element = field.current;
    if (!asked || !element) return;
    replaceIn(element, asked.from, asked.to, suggestion.text);
    if (suggestion.person) {
      props.onMention({ id: suggestion.person.id, name: suggestion.text.slice(1).trim() });
    }
    onText(element.value);
    setCaret(element.selectionStart);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // Enter ends a composition; it sends nothing. (Safari tells it with the code of old.)
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (answer(event, props, suggested, pick)) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const onPaste = (event: ClipboardEvent) => {
    const files = filesOf(event.clipboardData);
    if (files.length === 0) return;
    event.preventDefault();
    props.onFiles(files);
  };
  const listId = `${id}-list`;
  const hasList = suggested.found.length > 0;
  return (
    <>
      <Suggestions id={listId} found={suggested.found} chosen={suggested.chosen} onPick={pick} />
      <textarea
        ref={field}
        rows={1}
        className="composer-field"
        aria-label={label}
        placeholder={placeholder}
        value={text}
        {...(hasList
          ? {
              role: "combobox",
              "aria-expanded": true,
              "aria-controls": listId,
              "aria-autocomplete": "list" as const,
              "aria-activedescendant": `${listId}-${suggested.chosen}`,
            }
          : {})}
        onChange={({ target }) => {
          onText(target.value);
          setCaret(target.selectionStart);
        }}
        onSelect={({ currentTarget }) =>
          setCaret(
            currentTarget.selectionStart === currentTarget.selectionEnd
              ? currentTarget.selectionStart
              : null,
          )
        }
        onBlur={() => setCaret(null)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
    </>
  );
}

/** What a key does; false: what it always does. */
function answer(
  event: KeyboardEvent<HTMLTextAreaElement>,
  { onSend, onEscape, onUp, onText }: FieldProps,
  suggested: ReturnType<typeof useSuggestions>,
  pick: (suggestion: Suggestion) => void,
): boolean {
  const chosen = suggested.found[suggested.chosen];
  if (chosen) {
    if (event.key === "ArrowDown") suggested.move(1);
    else if (event.key === "ArrowUp") suggested.move(-1);
    else if (event.key === "Escape") suggested.close();
    else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") pick(chosen);
    else return false;
    return true;
  }
  if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
    onSend();
    return true;
  }
  if (event.key === "Escape") return onEscape();
  if (event.key === "ArrowUp") return onUp();
  const mark = event.ctrlKey || event.metaKey ? MARKS[event.key.toLowerCase()] : undefined;
  if (mark === undefined || event.shiftKey || event.altKey) return false;
  surround(event.currentTarget, mark);
  onText(event.currentTarget.value);
  return true;
}

const MARKS: Record<string, string> = { b: "**", i: "_", e: "`" };

function surround(element: HTMLTextAreaElement, mark: string): void {
  const { selectionStart: from, selectionEnd: to, value } = element;
  const inside = value.slice(from, to);
  replaceIn(element, from, to, `${mark}${inside}${mark}`);
  element.setSelectionRange(from + mark.length, to + mark.length);
}

/** As if it had been typed, so that the browser's undo knows of it. */
function replaceIn(element: HTMLTextAreaElement, from: number, to: number, text: string): void {
  element.focus();
  element.setRangeText(text, from, to, "end");
}

interface AboveProps {
  icon: ReactNode;
  title: string;
  text: string;
  closeLabel: string;
  onClose: () => void;
}

/** What the message is about. */
function Above({ icon, title, text, closeLabel, onClose }: AboveProps) {
  return (
    <div className="composer-above">
      {icon}
      <div className="composer-about">
        <b>{title}</b>
        <span>{text}</span>
      </div>
      <button type="button" className="icon-button" aria-label={closeLabel} onClick={onClose}>
        <X size={14} strokeWidth={1.75} aria-hidden="true" />
      </button>
    </div>
  );
}

function Left({ count }: { count: number }) {
  if (count > TEXT_LIMIT - COUNTED_FROM) return null;
  return (
    <span className={count < 0 ? "left over" : "left"} role={count < 0 ? "alert" : undefined}>
      {c.left(count)}
    </span>
  );
}

function EmojiButton({
  field,
  text,
  onText,
}: {
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  onText: (text: string) => void;
}) {
  const put = (emoji: string) => {
    const element = field.current;
    if (!element) return onText(text + emoji);
    replaceIn(element, element.selectionStart, element.selectionEnd, emoji);
    onText(element.value);
  };
  return (
    <ReactButton
      className="icon-button"
      label={c.emoji}
      onPick={(emoji) => setTimeout(() => put(emoji))}
    >
      <Smile size={18} strokeWidth={1.75} aria-hidden="true" />
    </ReactButton>
  );
}

function SendButton(props: { label: string; isEnabled: boolean; onSend: () => void }) {
  return (
    <button
      type="button"
      className="icon-button send"
      aria-label={props.label}
      title={props.label}
      disabled={!props.isEnabled}
      onClick={props.onSend}
    >
      <SendHorizontal size={18} strokeWidth={1.75} aria-hidden="true" />
    </button>
  );
}
