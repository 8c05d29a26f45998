/** Secrets of share links that this tab made: the server keeps only their hashes, so nobody can read them again. */
import { makeLink } from "../../api/sharing";

const made = new Map<string, string>();

/** The address to hand over; a new secret only where this tab has none yet. */
export async function linkOf(document: string): Promise<string> {
  const known = made.get(document);
  if (known !== undefined) return known;
  const url = await makeLink(document);
  made.set(document, url);
  return url;
}

/** The link was closed: its secrets open nothing any more. */
export function forgetLink(document: string): void {
  made.delete(document);
}
