import { describe, expect, test } from "vitest";
import type { TreePage } from "../../api/pages";
import { childrenOf, moved, pathTo, placeAt, placeBeside, rowNamed, rowsOf, whereIn } from "./tree";

/** "a/b" stands under "a". */
function pagesOf(...paths: string[]): TreePage[] {
  return paths.map((path, at) => {
    const names = path.split("/");
    return {
      id: names.at(-1) ?? "",
      title: names.at(-1) ?? "",
      parent: names.at(-2) ?? null,
      position: String(at).padStart(6, "0"),
      role: "manage",
      is_shared: false,
      is_private: false,
      is_template: false,
      here: [],
    };
  });
}

const PAGES = pagesOf("home", "home/attic", "home/attic/box", "home/cellar", "garden", "shed");
const ALL = new Set(PAGES.map(({ id }) => id));
const page = (id: string) => PAGES.find((each) => each.id === id) as TreePage;
const drawn = (pages: readonly TreePage[], expanded = ALL) =>
  rowsOf(childrenOf(pages), expanded).map(({ page: each, level }) => "-".repeat(level) + each.id);

describe("what is drawn", () => {
  test("sub-pages stand below their page, one step further in", () => {
    expect(drawn(PAGES)).toEqual(["-home", "--attic", "---box", "--cellar", "-garden", "-shed"]);
  });

  test("what is folded up is not drawn at all", () => {
    expect(drawn(PAGES, new Set())).toEqual(["-home", "-garden", "-shed"]);
    expect(drawn(PAGES, new Set(["attic"]))).toEqual(["-home", "-garden", "-shed"]);
  });

  test("a page whose parent one may not see stands at the top", () => {
    expect(drawn(pagesOf("secret/plan"))).toEqual(["-plan"]);
  });

  test("a row knows its place among its siblings", () => {
    const [, , , cellar] = rowsOf(childrenOf(PAGES), ALL);
    expect(cellar).toMatchObject({ index: 2, siblings: 2, level: 2, hasChildren: false });
  });

  test("the way to a page begins at the top", () => {
    expect(pathTo(PAGES, "box").map(({ id }) => id)).toEqual(["home", "attic", "box"]);
    expect(pathTo(PAGES, "nowhere")).toEqual([]);
  });

  test("a circle, which no server should send, ends", () => {
    const circle = [{ ...page("home"), parent: "attic" }, page("attic")];
    expect(pathTo(circle, "attic")).toHaveLength(2);
    expect(rowsOf(childrenOf(circle), ALL)).toEqual([]);
  });
});

describe("where a page lands", () => {
  const rows = rowsOf(childrenOf(PAGES), ALL);
  const row = (id: string) => rows.find((each) => each.page.id === id) as (typeof rows)[number];
  const place = (dragged: string, on: string, where: "before" | "after" | "inside") =>
    placeAt(childrenOf(PAGES), PAGES, dragged, row(on), where);

  test("at the edges of a row beside it, in its middle inside it", () => {
    expect([0, 0.2, 0.5, 0.8, 1].map(whereIn)).toEqual([
      "before",
      "before",
      "inside",
      "after",
      "after",
    ]);
    expect(place("shed", "garden", "before")).toEqual({ parent: null, before: "garden" });
    expect(place("shed", "cellar", "after")).toEqual({ parent: "home", after: "cellar" });
    expect(place("shed", "garden", "inside")).toEqual({ parent: "garden" });
  });

  test("behind an expanded page: where the line is drawn, before its first child", () => {
    expect(place("shed", "home", "after")).toEqual({ parent: "home", before: "attic" });
    expect(place("attic", "home", "after")).toEqual({ parent: "home", before: "cellar" });
  });

  test("never in itself or below itself", () => {
    for (const where of ["before", "after", "inside"] as const) {
      expect(place("home", "box", where)).toBeNull();
      expect(place("home", "home", where)).toBeNull();
    }
    expect(moved(PAGES, "home", { parent: "box" })).toBe(PAGES);
  });

  test("the page and all below it go there", () => {
    expect(drawn(moved(PAGES, "attic", { parent: null, before: "garden" }))).toEqual([
      "-home",
      "--cellar",
      "-attic",
      "--box",
      "-garden",
      "-shed",
    ]);
    expect(drawn(moved(PAGES, "shed", { parent: "home", after: "attic" }))).toEqual([
      "-home",
      "--attic",
      "---box",
      "--shed",
      "--cellar",
      "-garden",
    ]);
    expect(drawn(moved(PAGES, "attic", { parent: "shed" })).slice(-3)).toEqual([
      "-shed",
      "--attic",
      "---box",
    ]);
  });

  test("of a page that is gone nothing changes", () => {
    expect(moved(PAGES, "nowhere", { parent: null })).toBe(PAGES);
  });
});

test("the keyboard moves a page up, down, in and out", () => {
  const steps = (id: string) =>
    (["up", "down", "in", "out"] as const).map((way) =>
      placeBeside(childrenOf(PAGES), page(id), way),
    );
  expect(steps("cellar")).toEqual([
    { parent: "home", before: "attic" },
    null,
    { parent: "attic" },
    { parent: null, after: "home" },
  ]);
  expect(steps("garden")).toEqual([
    { parent: null, before: "home" },
    { parent: null, after: "shed" },
    { parent: "home" },
    null,
  ]);
});

test("typing finds the next page of that name, round about", () => {
  const rows = rowsOf(childrenOf(pagesOf("Sun", "Moon", "sea", "Sand")), new Set());
  const found = (from: number, typed: string) => rowNamed(rows, from, typed)?.page.id;
  expect([found(0, "s"), found(2, "s"), found(3, "s"), found(3, "sa"), found(0, "x")]).toEqual([
    "sea",
    "Sand",
    "Sun",
    "Sand",
    undefined,
  ]);
});
