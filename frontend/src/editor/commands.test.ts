import { expect, test } from "vitest";
import { t } from "../locales";
import { COMMANDS, matching } from "./commands";

const titles = (query: string) => matching(query).map((command) => command.title);

test("the empty query offers everything", () => {
  expect(matching("")).toHaveLength(COMMANDS.length);
});

test("a command is found by its name, by a synonym and whatever the case", () => {
  expect(titles("tab")).toEqual([t.table]);
  expect(titles("TODO")).toEqual([t.taskList]);
  expect(titles("h3")).toEqual([t.heading(3)]);
});

test("words that fit nothing find nothing", () => {
  expect(titles("zeppelin")).toEqual([]);
});
