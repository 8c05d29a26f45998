import { c, language } from "../../locales";

// Made once: making one takes longer than drawing a message.
const CLOCK = new Intl.DateTimeFormat(language(), { hour: "numeric", minute: "2-digit" });
const FULL = new Intl.DateTimeFormat(language(), { dateStyle: "full", timeStyle: "short" });

export const clockTime = (at: number | string): string => CLOCK.format(new Date(at));

export const fullTime = (at: number | string): string => FULL.format(new Date(at));

/** "Today", "Yesterday", "Tuesday, 3 March". */
export function dayName(at: number, now = Date.now()): string {
  const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (days === 0) return c.today;
  if (days === 1) return c.yesterday;
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Date(at).toLocaleDateString(language(), {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(isThisYear ? {} : { year: "numeric" }),
  });
}
