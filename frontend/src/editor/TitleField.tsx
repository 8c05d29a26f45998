import type { Editor } from "@tiptap/react";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import type * as Y from "yjs";
import { t } from "../locales";
import { movedCaret, writeTitle } from "./title";

interface Props {
  text: Y.Text;
  editor: Editor | null;
  canEdit: boolean;
}

export const TITLE_ORIGIN = "title";

export function TitleField({ text, editor, canEdit }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [value, setValue] = useState(() => text.toString());
  const caret = useRef<number | null>(null);
  // While an input method composes, its letters are not yet the person's words; here is what it began from.
  const composed = useRef<string | null>(null);
  useEffect(() => {
    const read = (_: unknown, transaction: Y.Transaction) => {
      const next = text.toString();
      const element = field.current;
      // Whoever touches the field now breaks the composition.
      if (composed.current !== null) return;
      if (element && !transaction.local) {
        caret.current = movedCaret(element.value, next, element.selectionStart);
      }
      setValue(next);
    };
    setValue(text.toString());
    text.observe(read);
    return () => text.unobserve(read);
  }, [text]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height and the caret follow from the value
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "0";
    element.style.height = `${element.scrollHeight}px`;
    if (caret.current !== null && document.activeElement === element) {
      element.setSelectionRange(caret.current, caret.current);
    }
    caret.current = null;
  }, [value]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    if (isUndo && editor) {
      event.preventDefault();
      if (event.shiftKey) editor.commands.redo();
      else editor.commands.undo();
    } else if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      editor?.commands.focus("start");
    }
  };
  const write = (typed: string, before?: string) => {
    writeTitle(text, typed.replace(/\s*\n\s*/g, " "), TITLE_ORIGIN, before);
    setValue(text.toString());
  };
  return (
    <textarea
      ref={field}
      className="title"
      rows={1}
      aria-label={t.titleField}
      placeholder={t.untitled}
      readOnly={!canEdit}
      value={value}
      onKeyDown={onKeyDown}
      onChange={(event) => {
        caret.current = event.target.selectionStart;
        if (composed.current === null) write(event.target.value);
        else setValue(event.target.value);
      }}
      onCompositionStart={() => {
        composed.current = text.toString();
      }}
      onCompositionEnd={(event) => {
        const before = composed.current ?? undefined;
        composed.current = null;
        write(event.currentTarget.value, before);
      }}
    />
  );
}
