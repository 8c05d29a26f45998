/** What can be inserted: one table for the slash menu and the block menu. */
import type { Editor, Range } from "@tiptap/core";
import {
  Code,
  Heading1,
  Heading2,
  Heading3,
  Heading4,
  Heading5,
  Heading6,
  Image,
  List,
  ListOrdered,
  ListTodo,
  type LucideIcon,
  Minus,
  Pilcrow,
  Quote,
  Table,
} from "lucide-react";
import { t } from "../locales";

declare module "@tiptap/core" {
  interface EditorEvents {
    /** Someone wants an image here: the page asks for its address. */
    imageWanted: Record<string, never>;
    /** Someone wants to link the selection. */
    linkWanted: Record<string, never>;
  }
}

export interface Command {
  icon: LucideIcon;
  title: string;
  group: string;
  words: string;
  run: (editor: Editor, range: Range) => void;
}

const HEADINGS = [Heading1, Heading2, Heading3, Heading4, Heading5, Heading6] as const;

const at = (editor: Editor, range: Range) => editor.chain().focus().deleteRange(range);

export const COMMANDS: Command[] = [
  {
    icon: Pilcrow,
    title: t.text,
    group: t.groupText,
    words: "paragraph plain text",
    run: (e, r) => at(e, r).setParagraph().run(),
  },
  ...([1, 2, 3, 4, 5, 6] as const).map((level) => ({
    icon: HEADINGS[level - 1] ?? Heading1,
    title: t.heading(level),
    group: t.groupText,
    words: `heading title h${level}`,
    run: (e: Editor, r: Range) => at(e, r).setHeading({ level }).run(),
  })),
  {
    icon: List,
    title: t.bulletList,
    group: t.groupLists,
    words: "bullet unordered list ul",
    run: (e, r) => at(e, r).toggleBulletList().run(),
  },
  {
    icon: ListOrdered,
    title: t.orderedList,
    group: t.groupLists,
    words: "numbered ordered list ol",
    run: (e, r) => at(e, r).toggleOrderedList().run(),
  },
  {
    icon: ListTodo,
    title: t.taskList,
    group: t.groupLists,
    words: "task todo check list",
    run: (e, r) => at(e, r).toggleTaskList().run(),
  },
  {
    icon: Quote,
    title: t.quote,
    group: t.groupMore,
    words: "quote blockquote citation",
    run: (e, r) => at(e, r).toggleBlockquote().run(),
  },
  {
    icon: Code,
    title: t.codeBlock,
    group: t.groupMore,
    words: "code block pre",
    run: (e, r) => at(e, r).toggleCodeBlock().run(),
  },
  {
    icon: Table,
    title: t.table,
    group: t.groupMore,
    words: "table grid rows columns",
    run: (e, r) => at(e, r).insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run(),
  },
  {
    icon: Image,
    title: t.image,
    group: t.groupMore,
    words: "image picture photo",
    run: insertImage,
  },
  {
    icon: Minus,
    title: t.divider,
    group: t.groupMore,
    words: "divider rule line hr",
    run: (e, r) => at(e, r).setHorizontalRule().run(),
  },
];

export function matching(query: string): Command[] {
  const wanted = query.trim().toLowerCase();
  return COMMANDS.filter((c) => `${c.title} ${c.words}`.toLowerCase().includes(wanted));
}

function insertImage(editor: Editor, range: Range): void {
  at(editor, range).run();
  editor.emit("imageWanted", {});
}
