import type { KeyboardEvent, PointerEvent } from "react";

interface Props {
  label: string;
  value: number;
  min: number;
  max: number;
  /** Which column it makes wider: the one before it, or the one behind it, up to the right edge of the window. */
  side?: "left" | "right";
  onChange: (value: number) => void;
}

const STEP = 16;

/** The edge between two columns, to be dragged or moved with the arrow keys. */
export function Resizer({ label, value, min, max, side = "left", onChange }: Props) {
  const sign = side === "left" ? 1 : -1;
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) {
      onChange(side === "left" ? event.clientX : window.innerWidth - event.clientX);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const to = {
      ArrowLeft: value - sign * STEP,
      ArrowRight: value + sign * STEP,
      Home: min,
      End: max,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onChange(to);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a separator that moves, as ARIA has it; <hr> does not
    <div
      role="separator"
      className="resizer"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={value}
      aria-valuemin={min}
      aria-valuemax={max}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onKeyDown={onKeyDown}
    />
  );
}
