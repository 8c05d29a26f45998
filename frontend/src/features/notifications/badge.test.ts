import { expect, test } from "vitest";
import { showCount } from "./badge";

test("the title says how many wait, whatever page is open", async () => {
  document.head.append(document.createElement("title"));
  document.title = "Harbour · Quillroom";
  showCount(3);
  expect(document.title).toBe("(3) Harbour · Quillroom");
  document.title = "Home · Quillroom";
  await Promise.resolve();
  expect(document.title).toBe("(3) Home · Quillroom");
  showCount(120);
  expect(document.title).toBe("(99+) Home · Quillroom");
  showCount(0);
  expect(document.title).toBe("Home · Quillroom");
});
