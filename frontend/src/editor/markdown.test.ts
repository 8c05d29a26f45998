import { expect, test } from "vitest";
import { type Block, markdownOf } from "./markdown";

const text = (words: string, ...marks: string[]): Block => ({
  type: "text",
  text: words,
  marks: marks.map((type) => ({ type })),
});
const p = (...content: Block[]): Block => ({ type: "paragraph", content });
const doc = (...content: Block[]): Block => ({ type: "doc", content });

test("a document is taken along with its title, marks, lists and tables", () => {
  const cell = (type: string, words: string): Block => ({ type, content: [p(text(words))] });
  const body = doc(
    p(text("One "), text("bold ", "bold"), text("code", "code")),
    {
      type: "taskList",
      content: [{ type: "taskItem", attrs: { checked: true }, content: [p(text("done"))] }],
    },
    {
      type: "table",
      content: [
        { type: "tableRow", content: [cell("tableHeader", "k"), cell("tableHeader", "a|b")] },
        { type: "tableRow", content: [cell("tableCell", "v"), cell("tableCell", "2")] },
      ],
    },
  );
  expect(markdownOf("Plan", body)).toBe(
    "# Plan\n\nOne **bold** `code`\n\n- [x] done\n\n| k | a\\|b |\n| --- | --- |\n| v | 2 |\n",
  );
});

test("a nested list is indented and a fence is longer than the one it holds", () => {
  const item = (...content: Block[]): Block => ({ type: "listItem", content });
  const body = doc(
    {
      type: "orderedList",
      attrs: { start: 3 },
      content: [item(p(text("a")), { type: "bulletList", content: [item(p(text("b")))] })],
    },
    { type: "codeBlock", attrs: { language: "md" }, content: [text("```\nx\n```")] },
  );
  expect(markdownOf("", body)).toBe("3. a\n   - b\n\n````md\n```\nx\n```\n````\n");
});
