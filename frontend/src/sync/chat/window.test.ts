import { expect, test } from "vitest";
import { aMessage } from "./fakeChat";
import { joined, putAll, putBefore, type Window } from "./window";

const seqs = ({ messages }: Window) => messages.map(({ seq }) => seq);
const of = (hasBefore: boolean, hasAfter: boolean, ...given: number[]): Window => ({
  messages: given.map((seq) => aMessage(seq)),
  hasBefore,
  hasAfter,
});

test("messages stand in the order of their seq, however they come, and never twice", () => {
  const window = putAll(
    of(false, false, 4),
    [8, 2, 8, 4, 6].map((seq) => aMessage(seq)),
  );
  expect(seqs(window)).toEqual([2, 4, 6, 8]);
});

test("beyond a gap nothing is put: what lies between is not known", () => {
  const window = of(true, true, 10, 12);
  expect(seqs(putAll(window, [aMessage(4), aMessage(20)]))).toEqual([10, 12]);
  expect(putAll(window, [aMessage(4)])).toBe(window);
  expect(seqs(putAll(of(true, false, 10), [aMessage(4), aMessage(20)]))).toEqual([10, 20]);
});

test("what was edited or recalled is not put back by an answer that comes late", () => {
  const edited = { ...aMessage(3, "new"), revision: 2 };
  expect(
    putAll({ messages: [edited], hasBefore: false, hasAfter: false }, [aMessage(3, "old")])
      .messages[0]?.text,
  ).toBe("new");
  const recalled = { ...aMessage(3, null), recalled: { at: edited.at, by: edited.author } };
  expect(
    putAll({ messages: [recalled], hasBefore: false, hasAfter: false }, [edited]).messages[0]?.text,
  ).toBeNull();
  expect(
    putAll({ messages: [edited], hasBefore: false, hasAfter: false }, [recalled]).messages[0]?.text,
  ).toBeNull();
});

test("an older page stands in front, what overlaps once", () => {
  const window = putBefore(
    of(true, false, 5, 6),
    [3, 4, 5].map((seq) => aMessage(seq)),
    false,
  );
  expect(seqs(window)).toEqual([3, 4, 5, 6]);
  expect(window.hasBefore).toBe(false);
});

test("two windows become one where they touch, and stay two where something lies between", () => {
  const whole = joined(of(false, true, 1, 2, 3), of(true, false, 3, 4));
  expect(whole && seqs(whole)).toEqual([1, 2, 3, 4]);
  expect(whole).toMatchObject({ hasBefore: false, hasAfter: false });
  expect(joined(of(false, true, 1, 2), of(true, false, 5))).toBeNull();
});
