import { expect, test } from "vitest";
import { isOurs } from "./next";

test.each(["/", "/d/abc", "/settings/security?x=1#y"])("%s is a page of ours", (address) => {
  expect(isOurs(address)).toBe(true);
});

test.each([
  "https://evil.example/",
  "//evil.example/",
  "/\\evil.example",
  "/\t/evil.example",
  "/.//evil.example",
  "javascript:alert(1)",
  "evil",
  "",
  "/signin",
  "/signin?next=/signin",
])("%s is none", (address) => {
  expect(isOurs(address)).toBe(false);
});
