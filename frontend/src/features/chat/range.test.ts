import { expect, test } from "vitest";
import { aMessage } from "../../sync/chat/fakeChat";
import { around, DRAWN, DRAWN_LIMIT, drawn, earlier, LATEST, later } from "./range";

const many = Array.from({ length: 1000 }, (_, at) => aMessage(at + 1));

test("of a long chat the newest are drawn", () => {
  expect(drawn(many, LATEST)).toEqual([1000 - DRAWN, 1000]);
  expect(drawn(many.slice(0, 5), LATEST)).toEqual([0, 5]);
});

test("whoever goes all the way up and down meets every message, and never more than so many are drawn", () => {
  let range = LATEST;
  const met = new Set<number>();
  const look = () => {
    const [start, end] = drawn(many, range);
    expect(end - start).toBeLessThanOrEqual(DRAWN_LIMIT);
    for (let at = start; at < end; at += 1) met.add(at);
    return [start, end];
  };
  for (let step = 0; look()[0] !== 0 && step < 100; step += 1) range = earlier(many, range);
  expect(met.size).toBe(1000);
  met.clear();
  for (let step = 0; look()[1] !== 1000 && step < 100; step += 1) range = later(many, range);
  expect(met.size).toBe(1000);
  expect(range.bottom).toBeNull();
});

test("what comes in front or behind leaves the drawn ones drawn", () => {
  const range = around(many.slice(100), 500);
  const [start, end] = drawn(many.slice(100), range);
  expect(drawn(many, range)).toEqual([start + 100, end + 100]);
});
