/**
 * Places in the text that outlive edits: what somebody quotes in the chat, and how it is found again.
 *
 * An anchor is two Yjs relative positions: the first and the last letter know their place wherever others write. Where a block was
 * split or moved its letters are new ones; then the quoted words are looked for instead.
 */
import { type Editor, Extension } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { type EditorState, Plugin, PluginKey } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import {
  absolutePositionToRelativePosition,
  relativePositionToAbsolutePosition,
  ySyncPluginKey,
} from "@tiptap/y-tiptap";
import * as Y from "yjs";
import { QUOTE_LIMIT, type Quote } from "../protocol/message";

declare module "@tiptap/core" {
  interface EditorEvents {
    /** Someone wants to quote the selection in the chat. */
    quoteWanted: Record<string, never>;
    /** Someone follows a link to a message of this page's chat. */
    messageWanted: { id: string };
  }
}

interface Place {
  from: number;
  to: number;
}

const FLASHED_MS = 2200;
const BETWEEN = "\n";

/** The selection as a quote; null where there is no text in it. */
export function quoteOf({ state }: { state: EditorState }): Quote | null {
  const { from, to } = state.selection;
  const text = state.doc.textBetween(from, to, BETWEEN, " ").trim();
  const binding = bindingOf(state);
  if (text === "" || binding === null) return null;
  const { type, mapping } = binding;
  const ends = [from, to].map((at) =>
    Y.relativePositionToJSON(absolutePositionToRelativePosition(at, type, mapping)),
  );
  return { text: text.slice(0, QUOTE_LIMIT), anchor: btoa(JSON.stringify(ends)) };
}

/** Where it stands now; null: it is gone. */
export function findQuote({ state }: { state: EditorState }, quote: Quote): Place | null {
  const place = placeOf(state, quote.anchor);
  const left = place && state.doc.textBetween(place.from, place.to, BETWEEN, " ").trim();
  // A letter or two that are left of a sentence (a diff says which letters went, and may choose others of the same kind)
  // are not what was quoted.
  if (left && left.length * 2 >= quote.text.length) return place;
  return searchFor(state.doc, quote.text.split(BETWEEN)[0] ?? "");
}

/** Scrolls to it and lets it light up. False: it is gone. */
export function showQuote(editor: Editor, quote: Quote): boolean {
  const place = findQuote(editor, quote);
  if (place === null) return false;
  const { view } = editor;
  view.dispatch(view.state.tr.setMeta(FLASH, place));
  const { node } = view.domAtPos(place.from);
  const element = node instanceof Element ? node : node.parentElement;
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element?.scrollIntoView({ block: "center", behavior: isCalm ? "auto" : "smooth" });
  setTimeout(() => {
    if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta(FLASH, null));
  }, FLASHED_MS);
  return true;
}

function placeOf(state: EditorState, anchor: string): Place | null {
  const binding = bindingOf(state);
  if (binding === null) return null;
  const { doc, type, mapping } = binding;
  try {
    const ends = JSON.parse(atob(anchor)) as unknown[];
    const [from, to] = ends.map((end) =>
      relativePositionToAbsolutePosition(doc, type, Y.createRelativePositionFromJSON(end), mapping),
    );
    const size = state.doc.content.size;
    if (from == null || to == null || from >= to || to > size) return null;
    return { from, to };
  } catch {
    // Somebody's own program may have written anything.
    return null;
  }
}

/** The only place with these words; where there are several nobody knows which. */
function searchFor(root: Node, words: string): Place | null {
  if (words.trim() === "") return null;
  const found: Place[] = [];
  root.descendants((node, pos) => {
    if (!node.isTextblock) return true;
    const text = node.textBetween(0, node.content.size, BETWEEN, " ");
    const at = text.indexOf(words);
    if (at >= 0) found.push({ from: pos + 1 + at, to: pos + 1 + at + words.length });
    return false;
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}

function bindingOf(state: EditorState) {
  const sync = ySyncPluginKey.getState(state);
  if (!sync?.binding) return null;
  const { doc, type, binding } = sync;
  return { doc, type, mapping: binding.mapping } as {
    doc: Y.Doc;
    type: Y.XmlFragment;
    mapping: Parameters<typeof absolutePositionToRelativePosition>[2];
  };
}

const FLASH = new PluginKey<DecorationSet>("quoteFlash");

/** Draws what was just found; the text itself is not changed. */
export const QuoteFlash = Extension.create({
  name: "quoteFlash",
  addProseMirrorPlugins() {
    return [
      new Plugin<DecorationSet>({
        key: FLASH,
        state: {
          init: () => DecorationSet.empty,
          apply: (transaction, before) => {
            const place = transaction.getMeta(FLASH) as Place | null | undefined;
            if (place === undefined) return before.map(transaction.mapping, transaction.doc);
            if (place === null) return DecorationSet.empty;
            const lit = Decoration.inline(place.from, place.to, { class: "quote-flash" });
            return DecorationSet.create(transaction.doc, [lit]);
          },
        },
        props: { decorations: (state) => FLASH.getState(state) },
      }),
    ];
  },
});

/** A task at the end of the page, with the way back to where it was said. */
export function addTask(editor: Editor, text: string, link: { text: string; href: string }): void {
  const item = {
    type: "taskItem",
    attrs: { checked: false },
    content: [
      {
        type: "paragraph",
        content: [
          { type: "text", text: `${text} ` },
          { type: "text", text: link.text, marks: [{ type: "link", attrs: { href: link.href } }] },
        ],
      },
    ],
  };
  const { doc } = editor.state;
  const last = doc.lastChild;
  const isEmptyEnd = last?.type.name === "paragraph" && last.content.size === 0;
  const size = doc.content.size;
  const chain = editor.chain();
  const list = isEmptyEnd ? doc.maybeChild(doc.childCount - 2) : last;
  const end = isEmptyEnd ? size - 2 : size;
  if (list?.type.name === "taskList") chain.insertContentAt(end - 1, item).run();
  else chain.insertContentAt(end, { type: "taskList", content: [item] }).run();
}
