/** The editor and the Y.Doc: one text, drawn once. */
import { type AnyExtension, type Editor, Extension } from "@tiptap/core";
import { Collaboration } from "@tiptap/extension-collaboration";
import type { Node, Schema } from "@tiptap/pm/model";
import { initProseMirrorDoc } from "@tiptap/y-tiptap";
import type * as Y from "yjs";

type Mapping = ReturnType<typeof initProseMirrorDoc>["mapping"];

/**
 * Binds an editor to `fragment`, and begins with its text in place. By itself Tiptap begins empty, replaces all by
 * the text, does so again whenever a menu registers its plugin, and draws everything once more for node views made
 * by React, of which there are none: half of the time that opening 10,000 paragraphs took.
 */
export function bindTo(fragment: Y.XmlFragment): AnyExtension[] {
  const mapping: Mapping = new Map();
  const beginning = Extension.create({
    name: "beginning",
    onBeforeCreate() {
      // Of an empty text the editor makes its own empty paragraph, which is written with the first letter.
      if (fragment.length > 0) {
        const node = read(fragment, this.editor.schema, mapping);
        // Takes a node as well (isProseMirrorContent), though the type of the option does not say so.
        Object.assign(this.editor.options, { content: node });
      }
      keepNodeViews(this.editor);
    },
  });
  // With a mapping the binding trusts that the editor holds this text already: it does, from its first state on.
  return [beginning, Collaboration.configure({ fragment, ySyncOptions: { mapping } })];
}

function read(fragment: Y.XmlFragment, schema: Schema, into: Mapping): Node {
  const { doc, mapping } = initProseMirrorDoc(fragment, schema);
  for (const [type, node] of mapping) into.set(type, node);
  return doc;
}

function keepNodeViews(editor: Editor): void {
  const createAgain = editor.createNodeViews.bind(editor);
  editor.createNodeViews = () => {
    // React's StrictMode unmounts once in between, and takes them away.
    if (Object.keys(editor.view.props.nodeViews ?? {}).length === 0) createAgain();
  };
}
