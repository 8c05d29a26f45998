import { useEffect, useState } from "react";
import { keep, readKept } from "../ui/kept";

export const NARROWEST = 220;
export const WIDEST = 420;
const USUAL = 272;

const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isWidth = (value: unknown): value is number =>
  typeof value === "number" && value >= NARROWEST && value <= WIDEST;

/** Whether the sidebar is shown and how wide, as the person last had it; a drawer starts closed. */
export function useSidebar(isNarrow: boolean) {
  const [isShown, setShown] = useState(() => !isNarrow && readKept("sidebar", true, isBoolean));
  const [width, setWidth] = useState(() => readKept("sidebar-width", USUAL, isWidth));
  const show = (next: boolean) => {
    setShown(next);
    if (!isNarrow) keep("sidebar", next);
  };
  const resize = (next: number) => {
    const within = Math.round(Math.min(WIDEST, Math.max(NARROWEST, next)));
    setWidth(within);
    keep("sidebar-width", within);
  };
  const toggle = () => show(!isShown);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.metaKey || event.ctrlKey) || event.key !== "\\") return;
      event.preventDefault();
      toggle();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
  return { isShown, show, toggle, width, resize };
}
