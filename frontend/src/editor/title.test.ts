import { expect, test } from "vitest";
import * as Y from "yjs";
import { movedCaret, writeTitle } from "./title";

function titled(words: string): Y.Text {
  const text = new Y.Doc().getText("title");
  text.insert(0, words);
  return text;
}

test("typing in the title changes only what differs", () => {
  const text = titled("Release notes");
  const deltas: unknown[] = [];
  text.observe((event) => deltas.push(event.delta));
  writeTitle(text, "Release the notes", "me");
  expect(deltas).toEqual([[{ retain: 8 }, { insert: "the " }]]);
});

test("two people typing in one title keep both their words", () => {
  const ann = titled("Plan");
  const ben = new Y.Doc();
  Y.applyUpdate(ben, Y.encodeStateAsUpdate(ann.doc as Y.Doc));
  writeTitle(ann, "Our Plan", "ann");
  writeTitle(ben.getText("title"), "Plan B", "ben");
  Y.applyUpdate(ben, Y.encodeStateAsUpdate(ann.doc as Y.Doc));
  expect(ben.getText("title").toString()).toBe("Our Plan B");
});

test("a caret stays at its letter when someone types before it, and where it is when after", () => {
  expect(movedCaret("Plan", "Our Plan", 2)).toBe(6);
  expect(movedCaret("Plan", "Plan B", 2)).toBe(2);
});

test("what was composed is added to what others made of the title meanwhile", () => {
  const text = titled("Plan");
  text.insert(0, "Our ");
  writeTitle(text, "Plan 计划", "me", "Plan");
  expect(text.toString()).toBe("Our Plan 计划");
});
