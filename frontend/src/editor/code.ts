/** Code blocks in colour. A grammar is loaded when a document first has a block in its language. */
import { CodeBlock } from "@tiptap/extension-code-block";
import type { Node } from "@tiptap/pm/model";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { Decoration, DecorationSet, type EditorView } from "@tiptap/pm/view";
import { colourRuns } from "./grammars";

const key = new PluginKey<DecorationSet>("highlightedCode");

export const HighlightedCode = CodeBlock.extend({
  addProseMirrorPlugins() {
    return [...(this.parent?.() ?? []), highlighting(this.name)];
  },
});

function highlighting(name: string): Plugin<DecorationSet> {
  let view: EditorView | null = null;
  const decorate = (doc: Node) => decorations(doc, name, repaint);
  function repaint(): void {
    if (view !== null && !view.isDestroyed) view.dispatch(view.state.tr.setMeta(key, true));
  }
  return new Plugin({
    key,
    state: {
      init: (_, { doc }) => decorate(doc),
      apply: (transaction, old) => {
        if (transaction.getMeta(key)) return decorate(transaction.doc);
        if (!transaction.docChanged) return old;
        const hasCode = hasBlock(transaction.before, name) || hasBlock(transaction.doc, name);
        return hasCode ? decorate(transaction.doc) : old;
      },
    },
    props: { decorations: (state) => key.getState(state) },
    view: (mounted) => {
      view = mounted;
      return {
        destroy: () => {
          view = null;
        },
      };
    },
  });
}

function hasBlock(doc: Node, name: string): boolean {
  let found = false;
  doc.descendants((node) => {
    found = found || node.type.name === name;
    return !found && !node.isTextblock;
  });
  return found;
}

function decorations(doc: Node, name: string, repaint: () => void): DecorationSet {
  const found: Decoration[] = [];
  doc.descendants((node, at) => {
    if (node.type.name === name) {
      const language = String(node.attrs.language ?? "");
      for (const { from, to, names } of colourRuns(node.textContent, language, repaint)) {
        found.push(Decoration.inline(at + 1 + from, at + 1 + to, { class: names }));
      }
    }
    return !node.isTextblock;
  });
  return DecorationSet.create(doc, found);
}
