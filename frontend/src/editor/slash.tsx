import { Extension } from "@tiptap/core";
import { ReactRenderer } from "@tiptap/react";
import { Suggestion, type SuggestionKeyDownProps, type SuggestionProps } from "@tiptap/suggestion";
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import { t } from "../locales";
import { type Command, matching } from "./commands";

/** "/" at the start of a word opens the menu of blocks. */
export const SlashMenu = Extension.create({
  name: "slashMenu",
  addProseMirrorPlugins() {
    return [
      Suggestion<Command, Command>({
        editor: this.editor,
        char: "/",
        allowSpaces: true,
        items: ({ query }) => matching(query),
        command: ({ editor, range, props }) => props.run(editor, range),
        allow: ({ editor }) => editor.isEditable && !editor.isActive("codeBlock"),
        render: renderMenu,
      }),
    ];
  },
});

/** Eight rows: below the line when they fit there, else above it. */
const MENU_HEIGHT = 362;

interface Handle {
  onKeyDown: (event: KeyboardEvent) => boolean;
}

function renderMenu() {
  let menu: ReactRenderer<Handle, SuggestionProps<Command, Command>> | null = null;
  const place = (props: SuggestionProps<Command, Command>) => {
    const box = props.clientRect?.();
    if (!menu || !box) return;
    const element = menu.element as HTMLElement;
    const below = window.innerHeight - box.bottom > MENU_HEIGHT;
    Object.assign(element.style, {
      position: "fixed",
      zIndex: "30",
      left: `${Math.min(box.left, window.innerWidth - 270)}px`,
      top: below ? `${box.bottom + 6}px` : "auto",
      bottom: below ? "auto" : `${window.innerHeight - box.top + 6}px`,
    });
  };
  return {
    onStart: (props: SuggestionProps<Command, Command>) => {
      menu = new ReactRenderer(Menu, { props, editor: props.editor });
      document.body.append(menu.element);
      place(props);
    },
    onUpdate: (props: SuggestionProps<Command, Command>) => {
      menu?.updateProps(props);
      place(props);
    },
    onKeyDown: ({ event }: SuggestionKeyDownProps) => menu?.ref?.onKeyDown(event) ?? false,
    onExit: () => {
      menu?.element.remove();
      menu?.destroy();
      menu = null;
    },
  };
}

type MenuProps = SuggestionProps<Command, Command> & { ref?: Ref<Handle> };

function Menu({ items, query, command, ref }: MenuProps) {
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another query starts at the top again
  useEffect(() => setChosen(0), [items]);
  useEffect(() => {
    list.current?.querySelector(`[data-at="${chosen}"]`)?.scrollIntoView?.({ block: "nearest" });
  }, [chosen]);
  useImperativeHandle(ref, () => ({
    onKeyDown: (event) => {
      const item = items[chosen];
      if (event.key === "ArrowDown") setChosen((chosen + 1) % Math.max(1, items.length));
      else if (event.key === "ArrowUp")
        setChosen((chosen + items.length - 1) % Math.max(1, items.length));
      else if (event.key === "Enter" && item) command(item);
      else return false;
      return true;
    },
  }));
  // A slash in a sentence is no command.
  if (items.length === 0 && query.includes(" ")) return null;
  return (
    <div className="menu slash" role="listbox" aria-label={t.commands} ref={list}>
      {items.length === 0 && <div className="menu-label">{t.noCommand}</div>}
      {items.map((item, at) => (
        <div key={item.title}>
          {item.group !== items[at - 1]?.group && <div className="menu-label">{item.group}</div>}
          <button
            type="button"
            role="option"
            aria-selected={at === chosen}
            data-at={at}
            className={at === chosen ? "menu-item chosen" : "menu-item"}
            onMouseDown={(event) => event.preventDefault()}
            onMouseEnter={() => setChosen(at)}
            onClick={() => command(item)}
          >
            <item.icon size={16} strokeWidth={1.75} aria-hidden="true" />
            {item.title}
          </button>
        </div>
      ))}
    </div>
  );
}
