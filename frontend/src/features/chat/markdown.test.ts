import { expect, test } from "vitest";
import { isEmojiOnly, parse, plainOf } from "./markdown";

const line = (text: string) => {
  const [block] = parse(text);
  return block?.kind === "paragraph" ? block.inside : block;
};

test("bold, italic, struck and code are drawn, also within each other", () => {
  expect(line("a **b _c_** ~~d~~ `e *f*`")).toEqual([
    "a ",
    { kind: "bold", inside: ["b ", { kind: "italic", inside: ["c"] }] },
    " ",
    { kind: "strike", inside: ["d"] },
    " ",
    { kind: "code", text: "e *f*" },
  ]);
});

test.each(["2 * 3 * 4", "snake_case_name", "**open", "a ** b", "`open", "\\*escaped\\*", "****"])(
  "%s is just text",
  (text) => {
    expect(line(text)).toEqual([text.replaceAll("\\", "")]);
  },
);

test.each([
  ["see https://example.org/a_b.", "https://example.org/a_b"],
  ["(https://example.org/wiki/A_(b))", "https://example.org/wiki/A_(b)"],
  ["看 https://example.org/页面。", "https://example.org/页面"],
  ["[the plan](https://example.org/plan)", "https://example.org/plan"],
  ["ask ann@example.org, please", "mailto:ann@example.org"],
])("%s links to %s", (text, href) => {
  expect(line(text)).toContainEqual(expect.objectContaining({ kind: "link", href }));
});

test.each([
  "[x](javascript:alert(1))",
  "[x](data:text/html,x)",
  "[x](//example.org)",
  "[x](vbscript:x)",
  "<img src=x onerror=alert(1)>",
  "JaVaScRiPt:alert(1)",
])("%s links to nothing and is no markup", (text) => {
  expect(JSON.stringify(line(text))).not.toContain('"link"');
});

test("a mention is a person", () => {
  expect(line("hi @[Mei Lin](person:p-1)!")).toEqual([
    "hi ",
    { kind: "mention", name: "Mei Lin", id: "p-1" },
    "!",
  ]);
});

test("lists, quotes and code blocks", () => {
  const [list, quote, code] = parse(
    "1. one\n2. two\n   - inner\n> said\n> twice\n```ts\nlet a;\n\nlet b;\n```",
  );
  expect(list).toMatchObject({ kind: "list", start: 1, items: [[{}], [{}, { kind: "list" }]] });
  expect(quote).toMatchObject({ kind: "quote" });
  expect(code).toEqual({ kind: "code", language: "ts", text: "let a;\n\nlet b;" });
});

test("a preview says the words alone", () => {
  expect(plainOf("**Done**, see [it](https://example.org)\n- a\n- b @[Ann](person:a)")).toBe(
    "Done, see it a, b @Ann",
  );
});

test("nothing that fits into a message takes long or goes deep", () => {
  const parts = [
    "*",
    "_",
    "**a ",
    "[",
    "](",
    "`",
    "``",
    "> ",
    "- ",
    "@[",
    "~~",
    "a_",
    "((",
    "https://",
    "\n",
  ];
  for (const part of parts) {
    const started = performance.now();
    const tree = parse(part.repeat(8000).slice(0, 8000));
    expect(performance.now() - started, part).toBeLessThan(1000);
    expect(JSON.stringify(tree).split('"inside"').length).toBeLessThan(9000);
  }
});

test("a few emoji alone are large", () => {
  expect(isEmojiOnly("👍🏽 ❤️")).toBe(true);
  expect(isEmojiOnly("👍 ok")).toBe(false);
  expect(isEmojiOnly("1")).toBe(false);
});
