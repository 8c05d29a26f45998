import { FileText, House } from "lucide-react";
import { useId, useMemo, useRef, useState } from "react";
import type { Place, TreePage } from "../../api/pages";
import { t } from "../../locales";
import { mayWrite } from "../../protocol/control";
import { Modal } from "../../ui/Modal";
import { setExpanded } from "./expanded";
import { isWithin, pathTo } from "./tree";
import { useMove, usePages } from "./usePages";

const SHOWN = 60;

interface Choice {
  id: string | null;
  title: string;
  path: string;
}

/** Moves a page without a mouse: type a part of the name of the page it goes into. */
export function MoveDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { pages } = usePages();
  const move = useMove();
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const key = useId();
  const page = pages.find((each) => each.id === id);
  const choices = useMemo(() => choicesOf(pages, id, query), [pages, id, query]);
  const at = Math.min(chosen, choices.length - 1);
  const go = (choice: Choice | undefined) => {
    if (!choice) return;
    if (choice.id !== null) setExpanded([choice.id], true);
    void move(id, { parent: choice.id } satisfies Place);
    onClose();
  };
  const step = (by: number) => {
    const next = Math.max(0, Math.min(choices.length - 1, at + by));
    setChosen(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  return (
    <Modal title={t.movePage(page?.title || t.untitled)} isOpen onClose={onClose}>
      <div className="field">
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={key}
          aria-activedescendant={choices.length > 0 ? `${key}-${at}` : undefined}
          aria-label={t.moveInto}
          placeholder={t.moveInto}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setChosen(0);
          }}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return;
            if (event.key === "ArrowDown") step(1);
            else if (event.key === "ArrowUp") step(-1);
            else if (event.key === "Enter") go(choices[at]);
            else return;
            event.preventDefault();
          }}
        />
      </div>
      <div ref={list} id={key} role="listbox" aria-label={t.pages} className="choices">
        {choices.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's, which keeps the focus
          <div
            key={choice.id}
            id={`${key}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            className={index === at ? "menu-item chosen" : "menu-item"}
            onClick={() => go(choice)}
            onMouseMove={() => setChosen(index)}
          >
            {choice.id === null ? (
              <House size={16} strokeWidth={1.75} aria-hidden="true" />
            ) : (
              <FileText size={16} strokeWidth={1.75} aria-hidden="true" />
            )}
            <span className="name">{choice.title}</span>
            {choice.path && <span className="end small name">{choice.path}</span>}
          </div>
        ))}
        {choices.length === 0 && <div className="menu-label">{t.noSuchPage}</div>}
      </div>
    </Modal>
  );
}

/** The top, and every page that one may write in and that is not below the moved one. */
function choicesOf(pages: readonly TreePage[], id: string, query: string): Choice[] {
  const wanted = query.trim().toLocaleLowerCase();
  const found: Choice[] = wanted === "" ? [{ id: null, title: t.topLevel, path: "" }] : [];
  for (const page of pages) {
    if (found.length >= SHOWN) break;
    const title = page.title || t.untitled;
    if (!title.toLocaleLowerCase().includes(wanted) || !mayWrite(page.role)) continue;
    if (isWithin(pages, page.id, id)) continue;
    const above = pathTo(pages, page.id).slice(0, -1);
    found.push({
      id: page.id,
      title,
      path: above.map((each) => each.title || t.untitled).join(" / "),
    });
  }
  return found;
}
