/** What can be inserted: one table for the slash menu and the block menu. */
import type { Editor, Range } from "@tiptap/core";
import { t } from "../locales";

export interface Command {
  title: string;
  group: string;
  words: string;
  run: (editor: Editor, range: Range) => void;
}

const at = (editor: Editor, range: Range) => editor.chain().focus().deleteRange(range);

export const COMMANDS: Command[] = [
  { title: t.text, group: t.groupText, words: "paragraph plain text", run: (e, r) => at(e, r).setParagraph().run() },
  ...([1, 2, 3, 4, 5, 6] as const).map((level) => ({
    title: t.heading(level),
    group: t.groupText,
    words: `heading title h${level}`,
    run: (e: Editor, r: Range) => at(e, r).setHeading({ level }).run(),
  })),
  { title: t.bulletList, group: t.groupLists, words: "bullet unordered list ul", run: (e, r) => at(e, r).toggleBulletList().run() },
  { title: t.orderedList, group: t.groupLists, words: "numbered ordered list ol", run: (e, r) => at(e, r).toggleOrderedList().run() },
  { title: t.taskList, group: t.groupLists, words: "task todo check list", run: (e, r) => at(e, r).toggleTaskList().run() },
  { title: t.quote, group: t.groupMore, words: "quote blockquote citation", run: (e, r) => at(e, r).toggleBlockquote().run() },
  { title: t.codeBlock, group: t.groupMore, words: "code block pre", run: (e, r) => at(e, r).toggleCodeBlock().run() },
  {
    title: t.table,
    group: t.groupMore,
    words: "table grid rows columns",
    run: (e, r) => at(e, r).insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run(),
  },
  { title: t.image, group: t.groupMore, words: "image picture photo", run: insertImage },
  { title: t.divider, group: t.groupMore, words: "divider rule line hr", run: (e, r) => at(e, r).setHorizontalRule().run() },
];

export function matching(query: string): Command[] {
  const wanted = query.trim().toLowerCase();
  return COMMANDS.filter((c) => `${c.title} ${c.words}`.toLowerCase().includes(wanted));
}

function insertImage(editor: Editor, range: Range): void {
  at(editor, range).run();
  const src = window.prompt(t.imageAddress)?.trim();
  if (src && /^https?:\/\//i.test(src)) editor.chain().focus().setImage({ src }).run();
}
