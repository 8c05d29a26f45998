import { expect, test } from "vitest";
import { toSaid, toWritten } from "../../sync/chat/mentions";
import { findEmoji } from "./emoji";
import { askedAt, findPeople } from "./suggest";

test.each([
  ["hi @", { kind: "mention", query: "" }],
  ["hi @me", { kind: "mention", query: "me" }],
  ["@mei l", { kind: "mention", query: "mei l" }],
  [":roc", { kind: "emoji", query: "roc" }],
  ["(:roc", { kind: "emoji", query: "roc" }],
])("%s asks for something", (text, asked) => {
  expect(askedAt(text, text.length)).toMatchObject(asked);
});

test.each(["a@b", "10:30", "https://x", "x:y", ": ", "@mei lin and more"])(
  "%s asks for nothing",
  (text) => {
    expect(askedAt(text, text.length)).toBeNull();
  },
);

test("people are found by the beginning of any of their names first", () => {
  const people = ["Joanna Li", "Ann Lee", "Mei Annis"].map((name) => ({ name }));
  expect(findPeople(people, "ann").map(({ name }) => name)).toEqual([
    "Ann Lee",
    "Mei Annis",
    "Joanna Li",
  ]);
});

test("emoji are found in both languages", () => {
  expect(findEmoji("rocket")[0]?.emoji).toBe("🚀");
  expect(findEmoji("赞")[0]?.emoji).toBe("👍");
});

test("a mention is said with its person and edited as a name; longer names win", () => {
  const names = [
    { id: "1", name: "Ann" },
    { id: "2", name: "Ann Lee" },
  ];
  const said = toSaid("@Ann Lee and @Ann, not @Anna", names);
  expect(said).toBe("@[Ann Lee](person:2) and @[Ann](person:1), not @Anna");
  const written = toWritten(said);
  expect(written.text).toBe("@Ann Lee and @Ann, not @Anna");
  expect(toSaid(written.text, written.names)).toBe(said);
});
