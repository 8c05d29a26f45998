import { useEffect, useRef, useState } from "react";
import { keep, readKept } from "../ui/kept";

export const PANEL_NARROWEST = 320;
export const PANEL_WIDEST = 400;
const USUAL = 360;

const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isWidth = (value: unknown): value is number =>
  typeof value === "number" && value >= PANEL_NARROWEST && value <= PANEL_WIDEST;

/** Whether the panel beside the text is open and how wide, as the person last had it; on a phone it starts closed. */
export function useRightPanel(isNarrow: boolean) {
  const [isOpen, setOpen] = useState(() => !isNarrow && readKept("panel", false, isBoolean));
  const [width, setWidth] = useState(() => readKept("panel-width", USUAL, isWidth));
  const open = (next: boolean) => {
    setOpen(next);
    if (!isNarrow) keep("panel", next);
  };
  const resize = (next: number) => {
    const within = Math.round(Math.min(PANEL_WIDEST, Math.max(PANEL_NARROWEST, next)));
    setWidth(within);
    keep("panel-width", within);
  };
  return { isOpen, open, width, resize };
}

/** The key beside the one of the sidebar: the same, with Shift. */
export function usePanelKey(toggle: () => void): void {
  const latest = useRef(toggle);
  latest.current = toggle;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isKey = event.code === "Backslash" || event.key === "|";
      if (!(event.metaKey || event.ctrlKey) || !event.shiftKey || event.altKey || !isKey) return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
