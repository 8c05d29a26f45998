/** What can be inserted, and what a block can be turned into: one table for the slash menu and the block menu. */
import type { ChainedCommands, Editor, Range } from "@tiptap/core";
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

/** A kind of block, and how the blocks of the selection become one. */
export interface BlockType {
  icon: LucideIcon;
  title: string;
  group: string;
  words: string;
  isActive: (editor: Editor) => boolean;
  turn: (chain: ChainedCommands) => ChainedCommands;
}

const HEADINGS = [Heading1, Heading2, Heading3, Heading4, Heading5, Heading6] as const;

const at = (editor: Editor, range: Range) => editor.chain().focus().deleteRange(range);

/** What is the most particular comes last: a paragraph in a list is a list. */
export const BLOCK_TYPES: BlockType[] = [
  {
    icon: Pilcrow,
    title: t.text,
    group: t.groupText,
    words: "paragraph plain text",
    isActive: (e) => e.isActive("paragraph"),
    turn: (chain) => chain.clearNodes(),
  },
  ...([1, 2, 3, 4, 5, 6] as const).map((level) => ({
    icon: HEADINGS[level - 1] ?? Heading1,
    title: t.heading(level),
    group: t.groupText,
    words: `heading title h${level}`,
    isActive: (e: Editor) => e.isActive("heading", { level }),
    // A list item begins with a paragraph: whatever stands in one comes out of it first.
    turn: (chain: ChainedCommands) => chain.clearNodes().setHeading({ level }),
  })),
  {
    icon: List,
    title: t.bulletList,
    group: t.groupLists,
    words: "bullet unordered list ul",
    isActive: (e) => e.isActive("bulletList"),
    turn: (chain) => chain.toggleBulletList(),
  },
  {
    icon: ListOrdered,
    title: t.orderedList,
    group: t.groupLists,
    words: "numbered ordered list ol",
    isActive: (e) => e.isActive("orderedList"),
    turn: (chain) => chain.toggleOrderedList(),
  },
  {
    icon: ListTodo,
    title: t.taskList,
    group: t.groupLists,
    words: "task todo check list",
    isActive: (e) => e.isActive("taskList"),
    turn: (chain) => chain.toggleTaskList(),
  },
  {
    icon: Quote,
    title: t.quote,
    group: t.groupMore,
    words: "quote blockquote citation",
    isActive: (e) => e.isActive("blockquote"),
    turn: (chain) => chain.toggleBlockquote(),
  },
  {
    icon: Code,
    title: t.codeBlock,
    group: t.groupMore,
    words: "code block pre",
    isActive: (e) => e.isActive("codeBlock"),
    turn: (chain) => chain.toggleCodeBlock(),
  },
];

export const COMMANDS: Command[] = [
  ...BLOCK_TYPES.map(({ turn, ...block }) => ({
    ...block,
    run: (e: Editor, r: Range) => turn(at(e, r)).run(),
  })),
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
  if (query.startsWith(" ")) return [];
  const wanted = query.trim().toLowerCase();
  return COMMANDS.filter((c) => `${c.title} ${c.words}`.toLowerCase().includes(wanted));
}

function insertImage(editor: Editor, range: Range): void {
  at(editor, range).run();
  editor.emit("imageWanted", {});
}
