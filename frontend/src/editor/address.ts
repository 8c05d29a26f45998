/** Which addresses a document may point to; everything else could run as a script or reach into the browser. */

const LINK = /^(https?:\/\/|mailto:|tel:)/i;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/** The address to store for what was typed, or null when it may not be linked. */
export function linkAddress(typed: string): string | null {
  const bare = typed.trim();
  if (bare === "" || /\s/.test(bare)) return null;
  if (LINK.test(bare)) return bare;
  if (SCHEME.test(bare) && !/^[^/]+:\d+(\/|$)/.test(bare)) return null;
  if (/^[^@/]+@[^@/]+\.[^@/]+$/.test(bare)) return `mailto:${bare}`;
  return bare.includes(".") || bare.includes(":") ? `https://${bare.replace(/^\/+/, "")}` : null;
}

export function imageAddress(typed: string): string | null {
  const bare = typed.trim();
  return /^https?:\/\/\S+$/i.test(bare) ? bare : null;
}

/** Is a stored address safe to follow? (It may come from anyone's program.) */
export function isSafeLink(address: string): boolean {
  return LINK.test(address);
}
