/** The tree of pages as plain values: what is drawn, and where a page lands. Knows no React and no browser. */
import type { Place, TreePage } from "../../api/pages";

export interface Row {
  page: TreePage;
  /** 1 at the top. */
  level: number;
  hasChildren: boolean;
  isExpanded: boolean;
  /** Among its siblings, from 1. */
  index: number;
  siblings: number;
}

export type Children = ReadonlyMap<string | null, TreePage[]>;

/** The pages by parent, in their order; `null` holds those at the top. */
export function childrenOf(pages: readonly TreePage[]): Children {
  const known = new Set(pages.map(({ id }) => id));
  const children = new Map<string | null, TreePage[]>();
  for (const page of pages) {
    const parent = page.parent !== null && known.has(page.parent) ? page.parent : null;
    const siblings = children.get(parent);
    if (siblings) siblings.push(page);
    else children.set(parent, [page]);
  }
  return children;
}

/** What is to be seen, from top to bottom: only inside what is expanded. */
export function rowsOf(children: Children, expanded: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const walk = (parent: string | null, level: number) => {
    const siblings = children.get(parent) ?? [];
    siblings.forEach((page, at) => {
      const hasChildren = children.has(page.id);
      const isExpanded = hasChildren && expanded.has(page.id);
      rows.push({ page, level, hasChildren, isExpanded, index: at + 1, siblings: siblings.length });
      if (isExpanded) walk(page.id, level + 1);
    });
  };
  walk(null, 1);
  return rows;
}

/** From the top down to the page itself; empty when there is no such page. */
export function pathTo(pages: readonly TreePage[], id: string): TreePage[] {
  const known = new Map(pages.map((page) => [page.id, page]));
  const path: TreePage[] = [];
  let at = known.get(id);
  while (at !== undefined && !path.includes(at)) {
    path.unshift(at);
    at = at.parent === null ? undefined : known.get(at.parent);
  }
  return path;
}

/** Whether `id` is `ancestor` itself or stands somewhere below it. */
export function isWithin(pages: readonly TreePage[], id: string, ancestor: string): boolean {
  return pathTo(pages, id).some((page) => page.id === ancestor);
}

/** The pages as they are once `id` went to `place`; unchanged when it cannot go there. */
export function moved(pages: readonly TreePage[], id: string, place: Place): readonly TreePage[] {
  const page = pages.find((each) => each.id === id);
  if (!page || (place.parent !== null && isWithin(pages, place.parent, id))) return pages;
  const others = pages.filter((each) => each.id !== id);
  const beside = others.findIndex((each) => each.id === (place.before ?? place.after));
  const at = beside < 0 ? others.length : beside + (place.before === undefined ? 1 : 0);
  return [...others.slice(0, at), { ...page, parent: place.parent }, ...others.slice(at)];
}

export type Where = "before" | "after" | "inside";

/** `height` is where in the row the pointer is, from 0 (its top edge) to 1. */
export function whereIn(height: number): Where {
  if (height < 0.28) return "before";
  return height > 0.72 ? "after" : "inside";
}

/** Where a page goes that is let go on a row; null where it cannot go or already is. */
export function placeAt(
  children: Children,
  pages: readonly TreePage[],
  dragged: string,
  row: Row,
  where: Where,
): Place | null {
  const { page } = row;
  if (isWithin(pages, page.id, dragged)) return null;
  if (where === "inside") return { parent: page.id };
  // Under an expanded page comes its first child, and the line is drawn there.
  const first = row.isExpanded
    ? children.get(page.id)?.find(({ id }) => id !== dragged)
    : undefined;
  if (where === "after" && first) return { parent: page.id, before: first.id };
  const parent = parentOf(page, children);
  return where === "before" ? { parent, before: page.id } : { parent, after: page.id };
}

export type Direction = "up" | "down" | "in" | "out";

/** Where a page goes that is moved by one step with the keyboard; null where there is no such step. */
export function placeBeside(
  children: Children,
  page: TreePage,
  direction: Direction,
): Place | null {
  const parent = parentOf(page, children);
  const siblings = children.get(parent) ?? [];
  const at = siblings.findIndex(({ id }) => id === page.id);
  const [above, below] = [siblings[at - 1], siblings[at + 1]];
  switch (direction) {
    case "up":
      return above ? { parent, before: above.id } : null;
    case "down":
      return below ? { parent, after: below.id } : null;
    case "in":
      return above ? { parent: above.id } : null;
    case "out":
      return outOf(children, parent);
  }
}

/** What is drawn at the top may have a parent that I do not see. */
function parentOf(page: TreePage, children: Children): string | null {
  return children.get(null)?.includes(page) ? null : page.parent;
}

function outOf(children: Children, parent: string | null): Place | null {
  if (parent === null) return null;
  for (const [grandparent, pages] of children) {
    if (pages.some(({ id }) => id === parent)) return { parent: grandparent, after: parent };
  }
  return null;
}

/** The next row after `from`, round about, whose title begins with what was typed. */
export function rowNamed(rows: readonly Row[], from: number, typed: string): Row | undefined {
  const wanted = typed.toLocaleLowerCase();
  // Who types on means the row that they are on, too.
  const first = typed.length > 1 ? from : from + 1;
  const ordered = [...rows.slice(first), ...rows.slice(0, first)];
  return ordered.find(({ page }) => page.title.toLocaleLowerCase().startsWith(wanted));
}
