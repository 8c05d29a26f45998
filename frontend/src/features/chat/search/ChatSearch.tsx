import { ArrowLeft, Search as Glass } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import type { FoundMessage } from "../../../api/search";
import { c, s } from "../../../locales";
import type { Message } from "../../../protocol/message";
import { Face } from "../../../ui/Face";
import { failureText } from "../../../ui/failure";
import { clockTime, dayName } from "../time";
import { partsOf } from "./parts";
import { type Search, useSearch } from "./useSearch";

interface Props {
  document: string;
  onJump: (message: Message) => void;
  onClose: () => void;
}

/** In place of the chat: a field, and what was said with those words. ↑ and ↓ go through it, Enter goes there. */
export function ChatSearch({ document, onJump, onClose }: Props) {
  const [query, setQuery] = useState("");
  const [isHere, setHere] = useState(true);
  const { search, more, again } = useSearch(query, isHere ? document : null);
  const [active, setActive] = useState(0);
  const list = useId();
  const results = "results" in search ? search.results : [];
  const chosen = results[Math.min(active, results.length - 1)];
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question begins at its first answer
  useEffect(() => setActive(0), [query, isHere]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter" && chosen) onJump(chosen.message);
    else if (event.key === "ArrowDown") {
      if (active >= results.length - 1) void more();
      setActive(Math.min(active + 1, Math.max(0, results.length - 1)));
    } else if (event.key === "ArrowUp") setActive(Math.max(0, active - 1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <section className="side-view chat-search" aria-label={s.title}>
      <header className="side-head">
        <button type="button" className="icon-button" aria-label={c.back} onClick={onClose}>
          <ArrowLeft size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
        <div className="search-field">
          <Glass size={15} strokeWidth={1.75} aria-hidden="true" />
          <input
            // biome-ignore lint/a11y/noAutofocus: it appears because its button was pressed
            autoFocus
            type="search"
            role="combobox"
            aria-label={s.field}
            aria-controls={list}
            aria-expanded={results.length > 0}
            aria-activedescendant={chosen && optionId(list, chosen)}
            placeholder={s.field}
            maxLength={200}
            value={query}
            onChange={({ target }) => setQuery(target.value)}
            onKeyDown={onKeyDown}
          />
        </div>
      </header>
      <fieldset className="search-where" aria-label={s.where}>
        {[true, false].map((here) => (
          <button
            key={String(here)}
            type="button"
            aria-pressed={isHere === here}
            onClick={() => setHere(here)}
          >
            {here ? s.here : s.everywhere}
          </button>
        ))}
      </fieldset>
      <Answer search={search} onAgain={again} />
      <div className="side-scroll">
        <div id={list} role="listbox" aria-label={s.results} className="search-results">
          {results.map((found) => (
            <Result
              key={found.message.id}
              found={found}
              id={optionId(list, found)}
              isActive={found === chosen}
              withPage={!isHere}
              onJump={onJump}
            />
          ))}
        </div>
        {search.status === "found" && search.next !== null && (
          <button type="button" className="button small" onClick={() => void more()}>
            {s.more}
          </button>
        )}
      </div>
    </section>
  );
}

const optionId = (list: string, { message }: FoundMessage) => `${list}-${message.id}`;

/** How many there are, for the eye where there are none, and for the ear always. */
function Answer({ search, onAgain }: { search: Search; onAgain: () => void }) {
  if (search.status === "failed") {
    return (
      <div className="search-none" role="alert">
        <p>{failureText(search.error)}</p>
        <button type="button" className="button small" onClick={onAgain}>
          {s.again}
        </button>
      </div>
    );
  }
  const isNone = search.status === "found" && search.results.length === 0;
  const said =
    search.status === "idle"
      ? s.hint
      : search.status === "found"
        ? s.count(search.results.length, search.next !== null)
        : "";
  return (
    <p
      role="status"
      className={isNone || search.status === "idle" ? "search-none muted" : "unseen"}
    >
      {said}
    </p>
  );
}

interface ResultProps {
  found: FoundMessage;
  id: string;
  isActive: boolean;
  withPage: boolean;
  onJump: (message: Message) => void;
}

function Result({ found, id, isActive, withPage, onJump }: ResultProps) {
  const { message, document, highlights } = found;
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isActive) row.current?.scrollIntoView({ block: "nearest" });
  }, [isActive]);
  const at = Date.parse(message.at);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys of the list
    <div
      ref={row}
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={isActive}
      className="search-result"
      onClick={() => onJump(message)}
    >
      <div className="search-head">
        <Face person={message.author} />
        <b className="name">{message.author.name}</b>
        <time dateTime={message.at} className="muted small">
          {dayName(at)} {clockTime(at)}
        </time>
      </div>
      {withPage && <p className="search-page muted small">{document.title || s.untitled}</p>}
      <p className="search-text">
        {partsOf(message.text ?? "", highlights).map((part) =>
          part.isFound ? <mark key={part.at}>{part.text}</mark> : part.text,
        )}
      </p>
    </div>
  );
}
