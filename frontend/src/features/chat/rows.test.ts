import { expect, test } from "vitest";
import { ANN, aMessage, BOB } from "../../sync/chat/fakeChat";
import { rowsOf, seenAt } from "./rows";

const at = (minute: number, day = 1) => new Date(2026, 2, day, 10, minute).toISOString();
const said = (seq: number, author = BOB, minute = 0, day = 1) => ({
  ...aMessage(seq, "x", author),
  at: at(minute, day),
});
const kinds = (rows: ReturnType<typeof rowsOf>) =>
  rows.map((row) =>
    row.kind === "message" ? `${row.message.seq}${row.isFirst ? "!" : ""}` : row.kind,
  );

test("what one person says within five minutes stands together, and each day has its line", () => {
  const messages = [
    said(1, BOB, 0),
    said(2, BOB, 4),
    said(3, BOB, 20),
    said(4, ANN, 21),
    said(5, ANN, 21, 2),
  ];
  expect(kinds(rowsOf(messages, null, "ann"))).toEqual(["day", "1!", "2", "3!", "4!", "day", "5!"]);
});

test("New stands once, before the first unread one of somebody else", () => {
  const messages = [said(1), said(2, ANN), said(3), said(4)];
  expect(kinds(rowsOf(messages, 2, "ann"))).toEqual(["day", "1!", "2!", "new", "3!", "4"]);
  expect(kinds(rowsOf(messages, 9, "ann"))).not.toContain("new");
});

test("everybody who read stands at the last message they read, and I do not", () => {
  const mine = [said(1, ANN), said(3, ANN), said(5, ANN)];
  const receipts = [
    { person: "bob", read: 4 },
    { person: "ann", read: 9 },
    { person: "mei", read: 0 },
  ];
  expect([...seenAt(mine, receipts, "ann")]).toEqual([["m3", ["bob"]]]);
});
