import { Editor } from "@tiptap/core";
import { afterEach, expect, test } from "vitest";
import * as Y from "yjs";
import { bindTo } from "./binding";
import { BODY, schemaExtensions } from "./extensions";
import { addTask, findQuote, quoteOf } from "./quote";

const opened: Editor[] = [];
afterEach(() => {
  for (const editor of opened.splice(0)) editor.destroy();
});

function editorOf(doc: Y.Doc): Editor {
  const editor = new Editor({
    element: document.createElement("div"),
    extensions: [...schemaExtensions(), ...bindTo(doc.getXmlFragment(BODY))],
  });
  opened.push(editor);
  return editor;
}

function twoPeople(html: string): [Editor, Editor] {
  const [one, other] = [new Y.Doc(), new Y.Doc()];
  const mine = editorOf(one);
  mine.commands.setContent(html);
  Y.applyUpdate(other, Y.encodeStateAsUpdate(one));
  const theirs = editorOf(other);
  one.on("update", (update, origin) => origin !== "wire" && Y.applyUpdate(other, update, "wire"));
  other.on("update", (update, origin) => origin !== "wire" && Y.applyUpdate(one, update, "wire"));
  return [mine, theirs];
}

/** Selects these words and quotes them. */
function quotes(editor: Editor, words: string) {
  const from = placeIn(editor, words);
  editor.commands.setTextSelection({ from, to: from + words.length });
  const quote = quoteOf(editor);
  if (quote === null) throw new Error("nothing was quoted");
  return quote;
}

function placeIn(editor: Editor, words: string): number {
  let found = -1;
  editor.state.doc.descendants((node, pos) => {
    const at = node.isText ? (node.text ?? "").indexOf(words) : -1;
    if (at >= 0) found = pos + at;
  });
  return found;
}

function foundText(editor: Editor, quote: Parameters<typeof findQuote>[1]): string | null {
  const place = findQuote(editor, quote);
  return place && editor.state.doc.textBetween(place.from, place.to, "\n");
}

test("a quote is found after edits of others in front of it, behind it and in it", () => {
  const [ann, bob] = twoPeople("<p>One two three</p><p>four five six</p>");
  const quote = quotes(ann, "five");
  bob.commands.insertContentAt(0, "<h2>A heading</h2><p>and more</p>");
  bob.commands.insertContentAt(placeIn(bob, " six"), " and");
  expect(foundText(ann, quote)).toBe("five");
  expect(foundText(bob, quote)).toBe("five");
  bob.commands.insertContentAt(placeIn(bob, "ve and"), "xx");
  expect(foundText(ann, quote)).toBe("fixxve");
});

test("a quote over two blocks keeps both of its ends", () => {
  const [ann, bob] = twoPeople("<p>One two three</p><p>four five six</p>");
  ann.commands.setTextSelection({ from: placeIn(ann, "three"), to: placeIn(ann, "four") + 4 });
  const quote = quoteOf(ann);
  expect(quote?.text).toBe("three\nfour");
  bob.commands.insertContentAt(1, "Zero ");
  expect(quote && foundText(ann, quote)).toBe("three\nfour");
});

test("a quote whose text is gone is gone, for everybody", () => {
  const [ann, bob] = twoPeople("<p>One two three</p><p>four five six</p>");
  const quote = quotes(ann, "two");
  const from = placeIn(bob, "two");
  bob.commands.deleteRange({ from, to: from + 4 });
  expect(findQuote(ann, quote)).toBeNull();
  expect(findQuote(bob, quote)).toBeNull();
});

test("words that were moved to another place are found there, if it is the only one", () => {
  const [ann, bob] = twoPeople("<p>One two three</p><p>four</p>");
  const quote = quotes(ann, "two three");
  bob.commands.setContent("<p>four</p><ul><li><p>now two three</p></li></ul>");
  expect(foundText(ann, quote)).toBe("two three");
  bob.commands.setContent("<p>two three</p><p>two three</p>");
  expect(findQuote(ann, quote)).toBeNull();
});

test.each(["", "no base64!", btoa("[]"), btoa("[1,2]"), btoa('{"a":1}'), btoa('[{"type":{}},{}]')])(
  "an anchor that says %j breaks nothing",
  (anchor) => {
    const [ann] = twoPeople("<p>One</p>");
    expect(findQuote(ann, { text: "nowhere", anchor })).toBeNull();
  },
);

test("a message becomes a task at the end, in the list that is there", () => {
  const [ann] = twoPeople("<p>One</p>");
  addTask(ann, "Ask Jonas", { text: "said here", href: "https://example.org/d/1?message=2" });
  addTask(ann, "Ask Mei", { text: "said here", href: "https://example.org/d/1?message=3" });
  const json = ann.getJSON();
  const lists = json.content?.filter(({ type }) => type === "taskList");
  expect(lists).toHaveLength(1);
  expect(lists?.[0]?.content).toHaveLength(2);
  expect(JSON.stringify(lists)).toContain("Ask Mei");
  expect(JSON.stringify(lists)).toContain("?message=3");
});
