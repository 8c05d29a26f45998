import { type KeyboardEvent, useRef, useState } from "react";
import { c } from "../../locales";
import { type Emoji, findEmoji, GROUPS, nameOf, QUICK } from "./emoji";

const OFTEN: Emoji[] = QUICK.map((emoji) => ({ emoji, name: nameOf(emoji), words: "" }));
const ACROSS = 8;

/** A field to search by name, and the emoji below it; arrow keys go through them. */
export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const [query, setQuery] = useState("");
  const root = useRef<HTMLDivElement>(null);
  const groups =
    query.trim() === ""
      ? [
          { key: "often", title: c.often, emoji: OFTEN },
          ...GROUPS.map(({ key, emoji }) => ({ key, title: c.groups[key], emoji })),
        ]
      : [{ key: "found", title: "", emoji: findEmoji(query) }];
  const isEmpty = groups.every(({ emoji }) => emoji.length === 0);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: ACROSS, ArrowUp: -ACROSS }[event.key];
    const isInField = event.target instanceof HTMLInputElement;
    if (event.key === "Enter" && isInField) {
      event.preventDefault();
      const first = groups[0]?.emoji[0];
      if (first) onPick(first.emoji);
    }
    if (by === undefined || (isInField && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const buttons = [...(root.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    const next = isInField ? 0 : at + by;
    if (next < 0) root.current?.querySelector("input")?.focus();
    else buttons[Math.min(next, buttons.length - 1)]?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the field and buttons within
    <div ref={root} className="emoji-picker" onKeyDown={onKeyDown}>
      <input
        // biome-ignore lint/a11y/noAutofocus: it appears because its button was pressed
        autoFocus
        type="search"
        aria-label={c.findEmoji}
        placeholder={c.findEmoji}
        value={query}
        onChange={({ target }) => setQuery(target.value)}
      />
      <div className="emoji-groups">
        {isEmpty && <p className="muted small">{c.noEmoji}</p>}
        {groups.map(({ key, title, emoji }) => (
          <section key={key} aria-label={title || c.findEmoji}>
            {title !== "" && <h3>{title}</h3>}
            <div className="emoji-grid">
              {emoji.map((each) => (
                <button
                  key={each.emoji}
                  type="button"
                  tabIndex={-1}
                  aria-label={each.name}
                  title={each.name}
                  onClick={() => onPick(each.emoji)}
                >
                  {each.emoji}
                </button>
              ))}
            </div>
          </section>
        ))}
      </div>
    </div>
  );
}
