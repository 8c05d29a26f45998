/** Whether an address leads to a page of ours: whoever made a link must not send people elsewhere after they signed in. */
export function isOurs(address: string): boolean {
  if (!address.startsWith("/") || /[\\\p{Cc}]/u.test(address)) return false;
  const here = "https://here.invalid";
  const url = new URL(address, here);
  return url.origin === here && url.pathname !== "/signin" && !url.pathname.startsWith("//");
}

export const signInAddress = (next: string): string =>
  next === "/" ? "/signin" : `/signin?next=${encodeURIComponent(next)}`;
