import { expect, test } from "vitest";
import { imageAddress, linkAddress } from "./address";

test.each([
  ["https://example.org/a?b#c", "https://example.org/a?b#c"],
  ["example.org", "https://example.org"],
  ["localhost:8000/d/x", "https://localhost:8000/d/x"],
  ["ann@example.org", "mailto:ann@example.org"],
  ["tel:+4912345", "tel:+4912345"],
])("%s links to %s", (typed, address) => {
  expect(linkAddress(typed)).toBe(address);
});

test.each([
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "data:text/html,x",
  "file:///etc",
  "",
  "a b.c",
])("%s is not linked", (typed) => {
  expect(linkAddress(typed)).toBeNull();
});

test("images come over http or https only", () => {
  expect(imageAddress(" https://example.org/a.png ")).toBe("https://example.org/a.png");
  expect(imageAddress("data:image/png;base64,AAAA")).toBeNull();
});
