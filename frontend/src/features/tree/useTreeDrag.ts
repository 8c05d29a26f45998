/** Pages are dragged the browser's own way: Escape cancels, the list scrolls by itself, and no library is needed. */
import { type DragEvent, useRef, useState } from "react";
import type { Place, TreePage } from "../../api/pages";
import { setExpanded } from "./expanded";
import { type Children, placeAt, type Row, type Where, whereIn } from "./tree";

/** Who waits over a folded page wants to see what is in it. */
const UNFOLD_AFTER_MS = 600;

interface Options {
  rows: readonly Row[];
  children: Children;
  pages: readonly TreePage[];
  onMove: (id: string, place: Place) => void;
}

export interface Drop {
  id: string;
  where: Where;
  place: Place;
}

export function useTreeDrag({ rows, children, pages, onMove }: Options) {
  const [dragged, setDragged] = useState<string | null>(null);
  const [drop, setDrop] = useState<Drop | null>(null);
  const hover = useRef<{ id: string; timer: ReturnType<typeof setTimeout> } | null>(null);

  const hoverOver = (id: string | null) => {
    if (hover.current?.id === id) return;
    if (hover.current) clearTimeout(hover.current.timer);
    const unfold = (page: string) => setTimeout(() => setExpanded([page], true), UNFOLD_AFTER_MS);
    hover.current = id === null ? null : { id, timer: unfold(id) };
  };
  const end = () => {
    hoverOver(null);
    setDragged(null);
    setDrop(null);
  };
  const under = (event: DragEvent): Drop | null => {
    const element = (event.target as Element).closest<HTMLElement>("[data-page]");
    const row = rows.find(({ page }) => page.id === element?.dataset.page);
    if (!element || !row || dragged === null) return null;
    const box = element.getBoundingClientRect();
    const where = whereIn((event.clientY - box.top) / box.height);
    const place = placeAt(children, pages, dragged, row, where);
    const canUnfold = where === "inside" && row.hasChildren && !row.isExpanded && place !== null;
    hoverOver(canUnfold ? row.page.id : null);
    return place && { id: row.page.id, where, place };
  };

  const handlers = {
    onDragStart: (event: DragEvent) => {
      const id = (event.target as HTMLElement).dataset?.page;
      if (id === undefined) return;
      event.dataTransfer.effectAllowed = "move";
      // Firefox drags nothing that carries nothing; elsewhere the page can be dropped as its address.
      event.dataTransfer.setData("text/uri-list", `${location.origin}/d/${id}`);
      // Chromium ends a drag whose element changes in the very event that starts it.
      setTimeout(() => setDragged(id));
    },
    onDragOver: (event: DragEvent) => {
      if (dragged === null) return;
      const next = under(event);
      if (next) event.preventDefault();
      setDrop((now) => (now?.id === next?.id && now?.where === next?.where ? now : next));
    },
    onDragLeave: (event: DragEvent<HTMLElement>) => {
      if (event.currentTarget.contains(event.relatedTarget as Node | null)) return;
      hoverOver(null);
      setDrop(null);
    },
    onDrop: (event: DragEvent) => {
      const found = under(event);
      if (dragged !== null && found) {
        event.preventDefault();
        if (found.where === "inside") setExpanded([found.id], true);
        onMove(dragged, found.place);
      }
      end();
    },
    onDragEnd: end,
  };
  return { dragged, drop, handlers };
}
