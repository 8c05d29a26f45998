import { type Editor, useEditorState } from "@tiptap/react";
import { BubbleMenu } from "@tiptap/react/menus";
import {
  Bold,
  Check,
  ChevronDown,
  Code,
  Highlighter,
  Italic,
  Link as LinkIcon,
  MessageSquareQuote,
  Strikethrough,
  Underline,
} from "lucide-react";
import { DropdownMenu, Toolbar } from "radix-ui";
import { type FormEvent, useEffect, useState } from "react";
import { c, t } from "../locales";
import { linkAddress } from "./address";
import { BLOCK_TYPES } from "./commands";
import { BUBBLE_BAR } from "./shortcuts";

const ICON = { size: 16, strokeWidth: 1.75, "aria-hidden": true } as const;

/** Floats above a selection; Alt-F10 goes into it, Escape back into the text. */
export function BubbleBar({ editor, canQuote }: { editor: Editor; canQuote: boolean }) {
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
  return (
    <BubbleMenu
      editor={editor}
      pluginKey={BUBBLE_BAR}
      className="bubble"
      updateDelay={120}
      options={{
        placement: "top",
        offset: 8,
        shift: { padding: 8 },
        onHide: () => setLinking(false),
      }}
      shouldShow={({ editor: e, from, to }) =>
        e.isEditable &&
        from !== to &&
        // In the text, in this bar, or in the menu that it opens beside itself.
        e.view.dom.parentElement?.contains(document.activeElement) === true &&
        !e.isActive("codeBlock") &&
        !e.isActive("image")
      }
    >
      {isLinking ? (
        <LinkForm editor={editor} onDone={() => setLinking(false)} />
      ) : (
        <Toolbar.Root
          className="tools"
          aria-label={t.formatting}
          onKeyDown={(event) => event.key === "Escape" && editor.commands.focus()}
        >
          <BlockMenu editor={editor} />
          {marks.map(([name, label, icon, run]) => (
            <Toolbar.Button
              key={name}
              className="icon-button"
              aria-label={label}
              title={label}
              aria-pressed={active[name]}
              onClick={run}
            >
              {icon}
            </Toolbar.Button>
          ))}
          <Toolbar.Button
            className="icon-button"
            aria-label={t.link}
            title={t.link}
            aria-pressed={active.link}
            onClick={() => setLinking(true)}
          >
            <LinkIcon {...ICON} />
          </Toolbar.Button>
          {canQuote && <QuoteButton editor={editor} />}
        </Toolbar.Root>
      )}
    </BubbleMenu>
  );
}

/** For those who may not write here, but say something about it. */
export function QuoteBar({ editor }: { editor: Editor }) {
  return (
    <BubbleMenu
      editor={editor}
      pluginKey="quoteBar"
      className="bubble"
      updateDelay={120}
      options={{ placement: "top", offset: 8, shift: { padding: 8 } }}
      shouldShow={({ from, to, state }) =>
        from !== to && state.doc.textBetween(from, to, " ").trim() !== ""
      }
    >
      <Toolbar.Root className="tools" aria-label={t.formatting}>
        <QuoteButton editor={editor} />
      </Toolbar.Root>
    </BubbleMenu>
  );
}

function QuoteButton({ editor }: { editor: Editor }) {
  return (
    <Toolbar.Button
      className="block-type"
      aria-label={c.quoteInChat}
      title={c.quoteInChat}
      onClick={() => editor.emit("quoteWanted", {})}
    >
      <MessageSquareQuote {...ICON} />
      <span className="block-name">{c.quoteInChat}</span>
    </Toolbar.Button>
  );
}

/** What the selected blocks are, and what they can become. */
function BlockMenu({ editor }: { editor: Editor }) {
  // Known only when it opens: the text is put into the page after this is first drawn.
  const [host, setHost] = useState<HTMLElement | null>(null);
  const at = useEditorState({
    editor,
    selector: ({ editor: e }) => BLOCK_TYPES.findLastIndex((block) => block.isActive(e)),
  });
  const current = BLOCK_TYPES[at] ?? BLOCK_TYPES[0];
  if (current === undefined) return null;
  const CurrentIcon = current.icon;
  return (
    <DropdownMenu.Root modal={false} onOpenChange={() => setHost(editor.view.dom.parentElement)}>
      <Toolbar.Button asChild>
        <DropdownMenu.Trigger
          className="block-type"
          aria-label={`${t.blockType}: ${current.title}`}
          title={t.blockType}
        >
          <CurrentIcon {...ICON} />
          <span className="block-name">{current.title}</span>
          <ChevronDown size={14} strokeWidth={1.75} aria-hidden="true" />
        </DropdownMenu.Trigger>
      </Toolbar.Button>
      {/* Beside the editor: the bubble closes when the focus leaves that element. */}
      <DropdownMenu.Portal container={host}>
        <DropdownMenu.Content
          className="menu blocks"
          align="start"
          sideOffset={8}
          collisionPadding={8}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            editor.commands.focus();
          }}
        >
          {BLOCK_TYPES.map((block, index) => (
            <DropdownMenu.CheckboxItem
              key={block.title}
              className="menu-item"
              checked={index === at}
              onSelect={() => block.turn(editor.chain().focus()).run()}
            >
              <block.icon {...ICON} />
              {block.title}
              <DropdownMenu.ItemIndicator className="end">
                <Check {...ICON} />
              </DropdownMenu.ItemIndicator>
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
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
