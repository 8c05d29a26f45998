/**
 * Where the reader is in a list whose ends grow: at the newest message and stays there, or at one message that keeps its
 * place whatever comes in front, behind, or changes its height.
 */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

const NEAR_PX = 48;

interface Anchor {
  id: string;
  /** Its distance from the upper edge. */
  offset: number;
}

export function useScroll(root: RefObject<HTMLElement | null>, isEndDrawn: boolean) {
  const anchor = useRef<Anchor | null>(null);
  const isStuck = useRef(true);
  const scrolledTo = useRef(0);
  const [isAtEnd, setAtEnd] = useState(true);

  const look = useCallback(() => {
    const list = root.current;
    if (!list) return;
    const below = list.scrollHeight - list.scrollTop - list.clientHeight;
    isStuck.current = isEndDrawn && below < NEAR_PX;
    setAtEnd(isStuck.current);
    anchor.current = firstInSight(list);
    scrolledTo.current = list.scrollTop;
  }, [root, isEndDrawn]);

  const settle = useCallback(() => {
    const list = root.current;
    if (!list) return;
    if (Math.abs(list.scrollTop - scrolledTo.current) > 1) {
      // It was scrolled, and that is told a frame later: what was in sight before must not come back.
      look();
      return;
    }
    if (isStuck.current && isEndDrawn) {
      list.scrollTop = list.scrollHeight;
      scrolledTo.current = list.scrollTop;
      return;
    }
    const { current } = anchor;
    const element = current && elementOf(list, current.id);
    if (!element || !current) return;
    const moved = offsetIn(list, element) - current.offset;
    if (Math.abs(moved) > 0.5) list.scrollTop += moved;
    scrolledTo.current = list.scrollTop;
  }, [root, isEndDrawn, look]);

  // After each drawing, before the eye sees it.
  useLayoutEffect(() => {
    settle();
  });
  useEffect(() => {
    const list = root.current;
    const content = list?.firstElementChild;
    if (!list || !content) return;
    const observer = new ResizeObserver(settle);
    observer.observe(content);
    observer.observe(list);
    return () => observer.disconnect();
  }, [root, settle]);

  const stick = useCallback(() => {
    isStuck.current = true;
    anchor.current = null;
    setAtEnd(true);
    settle();
  }, [settle]);

  /** Put a message where it can be read, and keep it there. */
  const show = useCallback(
    (id: string, where: "center" | "start") => {
      const list = root.current;
      const element = list && elementOf(list, id);
      if (!list || !element) return;
      isStuck.current = false;
      element.scrollIntoView({ block: where });
      look();
    },
    [root, look],
  );

  return { isAtEnd, look, stick, show };
}

export function elementOf(list: HTMLElement, id: string): HTMLElement | null {
  return list.querySelector(`[data-message="${CSS.escape(id)}"]`);
}

function firstInSight(list: HTMLElement): Anchor | null {
  for (const element of list.querySelectorAll<HTMLElement>("[data-message]")) {
    const offset = offsetIn(list, element);
    if (offset + element.offsetHeight > 0) return { id: element.dataset.message ?? "", offset };
  }
  return null;
}

function offsetIn(list: HTMLElement, element: HTMLElement): number {
  return element.getBoundingClientRect().top - list.getBoundingClientRect().top;
}
