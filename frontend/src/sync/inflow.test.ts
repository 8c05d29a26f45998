import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Inflow } from "./inflow";

let taken: string[][];
let inflow: Inflow<string>;

beforeEach(() => {
  vi.useFakeTimers();
  taken = [];
  inflow = new Inflow((items) => taken.push(items));
});

afterEach(() => vi.useRealTimers());

const frame = () => vi.advanceTimersToNextFrame();

test("what comes alone is taken at once", () => {
  inflow.push("a");
  expect(taken).toEqual([["a"]]);
  frame();
  frame();
  inflow.push("b");
  expect(taken).toEqual([["a"], ["b"]]);
});

test("a flood is taken once a frame, in order", () => {
  for (const each of ["a", "b", "c"]) inflow.push(each);
  frame();
  for (const each of ["d", "e"]) inflow.push(each);
  expect(taken).toEqual([["a"], ["b", "c"]]);
  frame();
  frame();
  inflow.push("f");
  expect(taken).toEqual([["a"], ["b", "c"], ["d", "e"], ["f"]]);
});

test("a hidden tab, which paints nothing, takes it all the same", () => {
  vi.stubGlobal("requestAnimationFrame", () => 1);
  inflow.push("a");
  inflow.push("b");
  vi.advanceTimersByTime(300);
  expect(taken).toEqual([["a"], ["b"]]);
  vi.unstubAllGlobals();
});

test("what waits can be taken now, or forgotten", () => {
  for (const each of ["a", "b"]) inflow.push(each);
  inflow.flush();
  expect(taken).toEqual([["a"], ["b"]]);
  inflow.push("c");
  inflow.clear();
  frame();
  expect(taken).toEqual([["a"], ["b"]]);
});

test("what comes while something is taken waits for the next frame", () => {
  const order: string[] = [];
  const nested: Inflow<string> = new Inflow((items) => {
    order.push(...items);
    if (items[0] === "a") nested.push("b");
  });
  nested.push("a");
  expect(order).toEqual(["a"]);
  frame();
  expect(order).toEqual(["a", "b"]);
});
