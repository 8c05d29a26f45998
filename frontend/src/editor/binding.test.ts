import { Editor } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";
import { afterEach, expect, test } from "vitest";
import * as Y from "yjs";
import { bindTo } from "./binding";
import { BODY, schemaExtensions } from "./extensions";

const open: Editor[] = [];

afterEach(() => {
  for (const editor of open.splice(0)) editor.destroy();
});

function paragraph(words: string): Y.XmlElement {
  const element = new Y.XmlElement("paragraph");
  if (words !== "") element.insert(0, [new Y.XmlText(words)]);
  return element;
}

function written(...paragraphs: string[]): Y.Doc {
  const doc = new Y.Doc();
  doc.getXmlFragment(BODY).insert(0, paragraphs.map(paragraph));
  return doc;
}

function opens(doc: Y.Doc): { editor: Editor; drawings: number[] } {
  const drawings: number[] = [];
  const editor = new Editor({
    element: document.createElement("div"),
    injectCSS: false,
    extensions: [...schemaExtensions(), ...bindTo(doc.getXmlFragment(BODY))],
    onTransaction: ({ transaction }) => {
      if (transaction.docChanged) drawings.push(transaction.doc.childCount);
    },
  });
  open.push(editor);
  return { editor, drawings };
}

const shown = (editor: Editor) =>
  [...editor.view.dom.querySelectorAll("p")].map((each) => each.textContent);

/** What a second person holds after all of `doc` reached them. */
function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  return copy;
}

test("the editor begins with the text, and writes nothing into it", () => {
  const doc = written("one", "two");
  const before = Y.encodeStateVector(doc);
  const { editor, drawings } = opens(doc);
  expect(shown(editor)).toEqual(["one", "two"]);
  expect(drawings).toEqual([]);
  expect(Y.encodeStateVector(doc)).toEqual(before);
});

test("a menu that comes later does not draw the text again, and both directions go on", () => {
  const doc = written("one", "two");
  const { editor, drawings } = opens(doc);
  const first = editor.view.dom.querySelector("p");
  editor.registerPlugin(new Plugin({}));
  editor.createNodeViews();
  expect(drawings).toEqual([]);
  expect(editor.view.dom.querySelector("p")).toBe(first);

  const theirs = copyOf(doc);
  theirs.getXmlFragment(BODY).insert(2, [paragraph("three")]);
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(theirs));
  expect(shown(editor)).toEqual(["one", "two", "three"]);
  editor.commands.insertContentAt(1, "Number ");
  expect(doc.getXmlFragment(BODY).toString()).toBe(
    "<paragraph>Number one</paragraph><paragraph>two</paragraph><paragraph>three</paragraph>",
  );
});

test("an edit in a paragraph that nobody touched yet changes that paragraph only", () => {
  const doc = written("one", "two", "three");
  const { editor } = opens(doc);
  const kept = doc.getXmlFragment(BODY).toArray();
  editor.commands.insertContentAt(6, "x");
  expect(doc.getXmlFragment(BODY).toArray()).toEqual(kept);
  expect(doc.getXmlFragment(BODY).get(1).toString()).toBe("<paragraph>xtwo</paragraph>");
});

test("an empty text is an empty paragraph on the page, written with the first letter", () => {
  const doc = new Y.Doc();
  const { editor } = opens(doc);
  expect(shown(editor)).toEqual([""]);
  expect(doc.getXmlFragment(BODY).length).toBe(0);
  editor.commands.insertContentAt(1, "a");
  expect(doc.getXmlFragment(BODY).toString()).toBe("<paragraph>a</paragraph>");
});

test("node views that were taken away are made again", () => {
  const { editor } = opens(written("one"));
  editor.view.setProps({ nodeViews: {} });
  editor.createNodeViews();
  expect(editor.view.props.nodeViews).toHaveProperty("taskItem");
});
