import { c, language } from "../../locales";

const HOUR: Intl.DateTimeFormatOptions = { hour: "numeric", minute: "2-digit" };

export const clockTime = (at: number | string): string =>
  new Date(at).toLocaleTimeString(language(), HOUR);

export const fullTime = (at: number | string): string =>
  new Date(at).toLocaleString(language(), { dateStyle: "full", timeStyle: "short" });

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
