import { useRef } from "react";

interface FocusHandlers {
  onOpenAutoFocus: (event: Event) => void;
  onCloseAutoFocus: (event: Event) => void;
}

/** A dialog without a trigger of its own gives the focus back to where it was. */
export function useReturnFocus(focusFirst?: (event: Event) => void): FocusHandlers {
  const before = useRef<HTMLElement | null>(null);
  return {
    onOpenAutoFocus: (event) => {
      before.current = document.activeElement as HTMLElement | null;
      focusFirst?.(event);
    },
    onCloseAutoFocus: (event) => {
      event.preventDefault();
      before.current?.focus();
    },
  };
}
