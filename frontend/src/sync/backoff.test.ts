import { expect, test } from "vitest";
import { DELAY_LIMIT_MS, reconnectDelay } from "./backoff";

const ALMOST_ONE = 1 - Number.EPSILON;

test("the first return is quick", () => {
  expect(reconnectDelay(0, ALMOST_ONE)).toBeLessThanOrEqual(200);
});

test.each([
  [1, 500],
  [2, 1000],
  [3, 2000],
  [6, 16_000],
  [7, DELAY_LIMIT_MS],
  [60, DELAY_LIMIT_MS],
  [5000, DELAY_LIMIT_MS],
])("return %i is spread over the whole of 0 to %i ms", (attempt, limit) => {
  expect(reconnectDelay(attempt, 0)).toBe(0);
  expect(reconnectDelay(attempt, 0.5)).toBe(limit / 2);
  expect(reconnectDelay(attempt, ALMOST_ONE)).toBeLessThanOrEqual(limit);
});
