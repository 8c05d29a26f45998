import { describe, expect, test } from "vitest";
import { type Facts, SAVED_AFTER_MS, statusOf } from "./status";

const NOW = 1_000_000;
const WELL: Facts = {
  isOnline: true,
  isConnected: true,
  isSynced: true,
  wasSynced: true,
  isCached: true,
  unsaved: 0,
  isAwaited: false,
  savedAt: null,
  refusal: null,
  trouble: null,
  closedWith: null,
  role: "edit",
  isOlder: false,
  isOtherGeneration: false,
};
const AWAY = { isConnected: false, isSynced: false };
const REFUSAL = { count: 1, code: "bad_update", message: "No." };

const nameOf = (facts: Partial<Facts>) => statusOf({ ...WELL, ...facts }, NOW).name;

test("all is saved when all is well, and since when", () => {
  expect(statusOf({ ...WELL, savedAt: 5 }, NOW)).toEqual({ name: "saved", at: 5 });
  expect(nameOf({ savedAt: NOW - SAVED_AFTER_MS + 1 })).toBe("saving");
  expect(nameOf({ savedAt: NOW - SAVED_AFTER_MS })).toBe("saved");
});

describe("saved is never said", () => {
  const doubts: Partial<Facts>[] = [
    { isOnline: false },
    { isConnected: false },
    { isSynced: false },
    { unsaved: 1 },
    { refusal: REFUSAL },
    { trouble: "The disk is full." },
    { closedWith: 4401 },
    { role: "view" },
    { role: null },
    { isOlder: true },
    { isOtherGeneration: true },
  ];
  test.each(doubts)("with %o, whatever else is true", (doubt) => {
    for (const other of [{}, ...doubts]) {
      expect(nameOf({ ...other, ...doubt, savedAt: 5 })).not.toBe("saved");
    }
  });
});

test("whoever may only read is told how much came too late", () => {
  const late: Partial<Facts> = {
    role: "view",
    unsaved: 3,
    refusal: { ...REFUSAL, code: "not_allowed" },
  };
  expect(statusOf({ ...WELL, ...late }, NOW)).toEqual({ name: "readOnly", kept: 3 });
  expect(statusOf({ ...WELL, ...late, isSynced: false }, NOW)).toEqual({
    name: "readOnly",
    kept: 3,
  });
  expect(statusOf({ ...WELL, role: "comment" }, NOW)).toEqual({ name: "readOnly", kept: 0 });
});

test.each<[string, Partial<Facts>, string]>([
  ["the first connection", { ...AWAY, wasSynced: false, role: null }, "connecting"],
  ["the first comparison", { isSynced: false, wasSynced: false }, "connecting"],
  ["a change not yet acknowledged", { unsaved: 1 }, "saving"],
  ["changes to hand over on return", { isSynced: false, unsaved: 2 }, "saving"],
  ["a browser without network", { isOnline: false, wasSynced: false }, "offline"],
  ["a lost connection", { ...AWAY, closedWith: 1006 }, "offline"],
  ["cached text, no server", { ...AWAY, wasSynced: false, closedWith: 1006 }, "offline"],
  ["no text, no server", { ...AWAY, wasSynced: false, isCached: false }, "connecting"],
  ["a restart", { ...AWAY, closedWith: 1012 }, "restarting"],
  ["a drain", { ...AWAY, closedWith: 4503 }, "restarting"],
  ["a restart without network", { ...AWAY, closedWith: 1012, isOnline: false }, "offline"],
  ["a refused edit", { refusal: REFUSAL }, "notSaving"],
  ["a refused edit, then no network", { refusal: REFUSAL, isOnline: false }, "notSaving"],
  ["a full disk on arrival", { isSynced: false, trouble: "Full." }, "notSaving"],
  [
    "words on their way when the role was lowered",
    { role: "view", unsaved: 1, isAwaited: true },
    "saving",
  ],
  ["a reader on arrival", { role: "comment", isSynced: false, wasSynced: false }, "connecting"],
  ["a full disk for a reader", { role: "view", trouble: "Full." }, "readOnly"],
  ["an older bundle", { isOlder: true, closedWith: 1006 }, "newVersion"],
  ["another history", { isOtherGeneration: true, isOlder: true }, "otherGeneration"],
])("%s", (_, facts, name) => {
  expect(nameOf(facts)).toBe(name);
});
