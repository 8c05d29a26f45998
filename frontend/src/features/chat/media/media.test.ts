import { expect, test } from "vitest";
import type { Attachment } from "../../../api/files";
import { clock } from "./clock";
import { shownSize } from "./Images";
import { waveformOf } from "./waveform";

test("a time is said in minutes and seconds", () => {
  expect([0, 9.9, 60, 300, -1].map(clock)).toEqual(["0:00", "0:09", "1:00", "5:00", "0:00"]);
});

test("a waveform shows where it was loud, and silence as silence", () => {
  const samples = Float32Array.from({ length: 800 }, (_, at) => (at >= 400 ? Math.sin(at) : 0));
  const bars = waveformOf(samples, 8);
  expect(bars.slice(0, 4)).toEqual([0, 0, 0, 0]);
  expect(Math.min(...bars.slice(4))).toBeGreaterThan(90);
  expect(waveformOf(new Float32Array(800), 4)).toEqual([0, 0, 0, 0]);
  expect(waveformOf(new Float32Array(0), 2)).toEqual([0, 0]);
});

test.each([
  [4000, 3000, 240, 180],
  [100, 50, 100, 50],
  [10, 9000, 32, 240],
])("a picture of %i × %i is shown at %i × %i", (width, height, shownWidth, shownHeight) => {
  const shown = shownSize({ width, height } as Attachment);
  expect(shown).toEqual({ width: shownWidth, height: shownHeight });
});
