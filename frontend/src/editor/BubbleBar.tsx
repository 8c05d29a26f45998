import { type Editor, useEditorState } from "@tiptap/react";
import { BubbleMenu } from "@tiptap/react/menus";
import {
  Bold,
  Code,
  Highlighter,
  Italic,
  Link as LinkIcon,
  Strikethrough,
  Underline,
} from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { t } from "../locales";
import { linkAddress } from "./address";

const ICON = { size: 16, strokeWidth: 1.75, "aria-hidden": true } as const;
const LEVELS = [1, 2, 3, 4, 5, 6] as const;

/** Floats above a selection. */
export function BubbleBar({ editor }: { editor: Editor }) {
  const [isLinking, setLinking] = useState(false);
  const active = useEditorState({
    editor,
    selector: ({ editor: e }) => ({
      bold: e.isActive("bold"),
      italic: e.isActive("italic"),
      underline: e.isActive("underline"),
      strike: e.isActive("strike"),
      code: e.isActive("code"),
      highlight: e.isActive("highlight"),
      link: e.isActive("link"),
      block: LEVELS.find((level) => e.isActive("heading", { level })) ?? 0,
    }),
  });
  useEffect(() => {
    const ask = () => setLinking(true);
    editor.on("linkWanted", ask);
    return () => {
      editor.off("linkWanted", ask);
    };
  }, [editor]);
  const chain = () => editor.chain().focus();
  const marks = [
    ["bold", t.bold, <Bold key="i" {...ICON} />, () => chain().toggleBold().run()],
    ["italic", t.italic, <Italic key="i" {...ICON} />, () => chain().toggleItalic().run()],
    [
      "underline",
      t.underline,
      <Underline key="i" {...ICON} />,
      () => chain().toggleUnderline().run(),
    ],
    ["strike", t.strike, <Strikethrough key="i" {...ICON} />, () => chain().toggleStrike().run()],
    ["code", t.code, <Code key="i" {...ICON} />, () => chain().toggleCode().run()],
    [
      "highlight",
      t.highlight,
      <Highlighter key="i" {...ICON} />,
      () => chain().toggleHighlight().run(),
    ],
  ] as const;
  const setBlock = (level: number) => {
    const found = LEVELS.find((each) => each === level);
    if (found) chain().setHeading({ level: found }).run();
    else chain().setParagraph().run();
  };
  return (
    <BubbleMenu
      editor={editor}
      className="bubble"
      updateDelay={120}
      options={{
        placement: "top",
        offset: 8,
        shift: { padding: 8 },
        onHide: () => setLinking(false),
      }}
      shouldShow={({ editor: e, from, to }) =>
        e.isEditable && from !== to && !e.isActive("codeBlock") && !e.isActive("image")
      }
    >
      {isLinking ? (
        <LinkForm editor={editor} onDone={() => setLinking(false)} />
      ) : (
        <div role="toolbar" aria-label={t.formatting}>
          <select
            aria-label={t.blockType}
            value={active.block}
            onChange={(event) => setBlock(Number(event.target.value))}
          >
            <option value={0}>{t.text}</option>
            {LEVELS.map((level) => (
              <option key={level} value={level}>
                {t.heading(level)}
              </option>
            ))}
          </select>
          {marks.map(([name, label, icon, run]) => (
            <button
              key={name}
              type="button"
              className="icon-button"
              aria-label={label}
              title={label}
              aria-pressed={active[name]}
              onClick={run}
            >
              {icon}
            </button>
          ))}
          <button
            type="button"
            className="icon-button"
            aria-label={t.link}
            title={t.link}
            aria-pressed={active.link}
            onClick={() => setLinking(true)}
          >
            <LinkIcon {...ICON} />
          </button>
        </div>
      )}
    </BubbleMenu>
  );
}

function LinkForm({ editor, onDone }: { editor: Editor; onDone: () => void }) {
  const [typed, setTyped] = useState<string>(editor.getAttributes("link").href ?? "");
  const [isBad, setBad] = useState(false);
  const apply = (event: FormEvent) => {
    event.preventDefault();
    const href = linkAddress(typed);
    if (href === null) {
      setBad(true);
      return;
    }
    editor.chain().focus().extendMarkRange("link").setLink({ href }).run();
    onDone();
  };
  const remove = () => {
    editor.chain().focus().extendMarkRange("link").unsetLink().run();
    onDone();
  };
  const cancel = () => {
    onDone();
    editor.commands.focus();
  };
  return (
    <form onSubmit={apply} className="link-form">
      <input
        // biome-ignore lint/a11y/noAutofocus: the field appears because its button was pressed
        autoFocus
        aria-label={t.linkAddress}
        aria-invalid={isBad}
        placeholder="https://"
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setBad(false);
        }}
        onKeyDown={(event) => event.key === "Escape" && cancel()}
      />
      {isBad && (
        <span role="alert" className="error small">
          {t.badAddress}
        </span>
      )}
      <button type="submit" className="button small primary">
        {t.apply}
      </button>
      {editor.isActive("link") && (
        <button type="button" className="button small" onClick={remove}>
          {t.remove}
        </button>
      )}
    </form>
  );
}
