import { expect, test } from "vitest";
import { readControl } from "./control";

const USER = { id: "1", name: "Ann", colour: "#2F5BD7", avatar: null };
const HELLO = { schema: 1, generation: "g", role: "edit", why: null, user: USER, saving: null };
const say = (event: string, data: unknown) => readControl(JSON.stringify({ event, data }));

test("a hello is read field by field", () => {
  expect(say("hello", { ...HELLO, limits: { frame_bytes: 9 } })).toEqual({
    kind: "hello",
    hello: HELLO,
  });
});

test.each([
  ["hello", { ...HELLO, generation: undefined }],
  ["hello", { ...HELLO, schema: "1" }],
  ["hello", { ...HELLO, user: null }],
  ["hello", null],
  ["refused", { count: 1, code: "gap" }],
  ["storage", { saving: 1 }],
])("%s without what it needs is refused: %o", (event, data) => {
  expect(() => say(event, data)).toThrow("was expected");
});

test("a role that is not known gives no right to write", () => {
  expect(say("hello", { ...HELLO, role: "emperor" })).toMatchObject({ hello: { role: "view" } });
});

test("an event of a newer server is passed over", () => {
  expect(say("weather", { is: "fine" })).toEqual({ kind: "other" });
});

test.each(["view", "comment", "edit", "manage"])("a role changes in place to %s", (role) => {
  expect(say("role", { role, why: "role_changed" })).toEqual({ kind: "role", role });
});

test("a role of a newer server gives no right to write", () => {
  expect(say("role", { role: "emperor" })).toEqual({ kind: "role", role: "view" });
});
