import { expect, test } from "vitest";
import { strengthOf } from "./strength";

test.each([
  ["", 0],
  ["tulip", 0],
  ["aaaaaaaaaaaa", 1],
  ["password", 1],
  ["quay-side 42", 2],
  ["correct horse battery staple", 3],
  ["雨后初晴天色青青草木生", 2],
])("%s is worth %i", (password, worth) => {
  expect(strengthOf(password)).toBe(worth);
});
