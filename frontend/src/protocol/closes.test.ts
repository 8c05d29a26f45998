import { expect, test } from "vitest";
import { Close, isFinal } from "./closes";

test("who is told to come back may, and who is told to stay away must", () => {
  const final = Object.entries(Close).filter(([, code]) => isFinal(code));
  expect(final.map(([name]) => name)).toEqual([
    "tooBig",
    "badFrame",
    "signedOut",
    "accessEnded",
    "gone",
    "helloTooSlow",
    "schemaTooOld",
    "documentFull",
    "slowDown",
  ]);
});
