import { expect, test } from "vitest";
import { partsOf, SHOWN } from "./parts";

const shown = (text: string, highlights: [number, number][]) =>
  partsOf(text, highlights).map((part) => (part.isFound ? `[${part.text}]` : part.text));

test("what was found is marked where it stands, also behind emoji", () => {
  expect(shown("see 🙂 the harbour", [[10, 17]])).toEqual(["see 🙂 the ", "[harbour]"]);
  expect(shown("a b a", [[0, 1], [4, 5]])).toEqual(["[a]", " b ", "[a]"]); // biome-ignore format: one line
  expect(shown("nothing", [])).toEqual(["nothing"]);
  expect(shown("a **bold** `word`", [[4, 8]])).toEqual(["a ", "[bold]", " word"]); // biome-ignore format: one line
});

test("a mention is shown by its name, and marked when that was found", () => {
  const text = "ask @[Ann Lee](person:p-1) now";
  expect(shown(text, [[10, 13]])).toEqual(["ask @Ann ", "[Lee]", " now"]);
});

test("of a long text what is around the first place is shown", () => {
  const text = `${"word ".repeat(100)}harbour${" word".repeat(100)}`;
  const parts = partsOf(text, [[500, 507]]);
  expect(parts[0]?.text).toBe("…");
  expect(parts.at(-1)?.text).toBe("…");
  expect(parts.filter((part) => part.isFound).map((part) => part.text)).toEqual(["harbour"]);
  expect(parts.map((part) => part.text).join("").length).toBeLessThanOrEqual(SHOWN + 2);
});
