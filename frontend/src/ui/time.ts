import { language, t } from "../locales";

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "3 minutes ago" in the reader's language. */
export function ago(iso: string, now = Date.now()): string {
  const format = new Intl.RelativeTimeFormat(language(), { numeric: "auto" });
  const seconds = Math.min(0, (new Date(iso).getTime() - now) / 1000);
  for (const [unit, size] of STEPS) {
    if (-seconds >= size) return format.format(Math.round(seconds / size), unit);
  }
  return t.justNow;
}

export function exactly(time: string | number): string {
  return new Date(time).toLocaleString(language());
}
