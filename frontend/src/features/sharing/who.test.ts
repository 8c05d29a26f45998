import { expect, test } from "vitest";
import { isMail, type Member, suggestionsFor } from "./who";

const member = (id: string, name: string, email: string | null = null): Member => ({
  id,
  name,
  email,
  colour: "#1F62B5",
});
const MEMBERS = [
  member("1", "Ann Kerr", "ann@example.org"),
  member("2", "Jo Ann"),
  member("3", "Bob"),
];
const found = (typed: string, without: string[] = []) =>
  suggestionsFor(typed, MEMBERS, new Set(without)).map(({ id }) => id);

test("a part of a name or the beginning of an address finds a member", () => {
  expect(found("ann")).toEqual(["1", "2"]);
  expect(found("ANN@")).toEqual(["1"]);
  expect(found("bo")).toEqual(["3"]);
  expect(found("  ")).toEqual([]);
});

test("who is there already is not offered again", () => {
  expect(found("ann", ["1"])).toEqual(["2"]);
});

test.each([
  ["ann@example.org", true],
  [" ann@example.org ", true],
  ["ann@", false],
  ["ann", false],
  ["a b@example.org", false],
  ["ann@example.org, bob@example.org", false],
])("%s is an address: %s", (text, is) => {
  expect(isMail(text)).toBe(is);
});
