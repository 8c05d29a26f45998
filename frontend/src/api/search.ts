/** Finding what was said, over HTTP. */
import type { Message } from "../protocol/message";
import { call } from "./http";

export interface FoundMessage {
  message: Message;
  document: { id: string; title: string };
  /** Start and end of what was looked for in the text, in code points. */
  highlights: [number, number][];
}

export interface FoundMessages {
  results: FoundMessage[];
  next: string | null;
}

/** In one document, or (null) in all that I may read; `before` is the `next` of the answer before. */
export function searchMessages(
  query: string,
  document: string | null,
  before: string | null = null,
): Promise<FoundMessages> {
  const asked = new URLSearchParams({ q: query });
  if (document !== null) asked.set("document", document);
  if (before !== null) asked.set("before", before);
  return call("GET", `/api/search/messages?${asked}`);
}
