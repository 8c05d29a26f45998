/** A tree by keyboard, as the WAI-ARIA practices describe it, and Alt with an arrow moves the page itself. */
import { type KeyboardEvent, useRef } from "react";
import { t } from "../../locales";
import { toast } from "../../ui/toast";
import { setExpanded } from "./expanded";
import { focusRow } from "./TreeRow";
import { type Children, type Direction, placeBeside, type Row, rowNamed } from "./tree";

interface Options {
  rows: readonly Row[];
  children: Children;
  onOpen: (id: string) => void;
  onMove: (id: string, place: NonNullable<ReturnType<typeof placeBeside>>) => void;
  onMenu: (id: string) => void;
  onRename: (id: string) => void;
}

const STEPS: Record<string, Direction> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowRight: "in",
  ArrowLeft: "out",
};
/** Letters that come faster than this are one word. */
const WORD_MS = 700;

export function useTreeKeys({ rows, children, onOpen, onMove, onMenu, onRename }: Options) {
  const typed = useRef({ text: "", at: 0 });

  const step = (row: Row, direction: Direction) => {
    if (row.page.role !== "manage") {
      toast(t.mayNotMove);
      return;
    }
    const place = placeBeside(children, row.page, direction);
    if (place === null) return;
    if (direction === "in" && place.parent !== null) setExpanded([place.parent], true);
    onMove(row.page.id, place);
  };

  const sideways = (row: Row, isForward: boolean) => {
    const { page, hasChildren, isExpanded } = row;
    const at = rows.indexOf(row);
    if (isForward) {
      if (isExpanded) focusAt(at + 1);
      else if (hasChildren) setExpanded([page.id], true);
    } else if (isExpanded) setExpanded([page.id], false);
    else if (row.level > 1)
      focusAt(rows.findLastIndex((each, i) => i < at && each.level < row.level));
  };

  const focusAt = (at: number) => {
    const row = rows[at];
    if (row) focusRow(row.page.id);
  };

  const type = (row: Row, letter: string, now: number) => {
    const { text, at } = typed.current;
    typed.current = { text: now - at < WORD_MS ? text + letter : letter, at: now };
    const found = rowNamed(rows, rows.indexOf(row), typed.current.text);
    if (found) focusRow(found.page.id);
  };

  const press = (event: KeyboardEvent, row: Row): boolean => {
    const { key } = event;
    const at = rows.indexOf(row);
    const direction = STEPS[key];
    if (event.altKey && direction) step(row, direction);
    else if (event.altKey || event.ctrlKey || event.metaKey) return false;
    else if (key === "ArrowDown") focusAt(at + 1);
    else if (key === "ArrowUp") focusAt(at - 1);
    else if (key === "ArrowRight" || key === "ArrowLeft") sideways(row, key === "ArrowRight");
    else if (key === "Home") focusAt(0);
    else if (key === "End") focusAt(rows.length - 1);
    else if (key === "Enter") onOpen(row.page.id);
    else if (key === "F2") onRename(row.page.id);
    else if (key === "ContextMenu" || (key === "F10" && event.shiftKey)) onMenu(row.page.id);
    else if (key === "*") expandBeside(row, rows);
    else if (key.length === 1 && key !== " ") type(row, key, event.timeStamp);
    else return false;
    return true;
  };

  return (event: KeyboardEvent<HTMLElement>) => {
    const target = event.target as HTMLElement;
    // Keys of a menu or of a field inside a row are theirs.
    if (target.getAttribute("role") !== "treeitem") return;
    const row = rows.find(({ page }) => page.id === target.dataset.page);
    if (row && press(event, row)) event.preventDefault();
  };
}

function expandBeside(row: Row, rows: readonly Row[]): void {
  const siblings = rows.filter(
    ({ page, hasChildren }) => hasChildren && page.parent === row.page.parent,
  );
  setExpanded(
    siblings.map(({ page }) => page.id),
    true,
  );
}
