/** What the chat needs of the live connection; `Live` is one. */
import type { Live } from "../live";

export type { Cursor, Follower, TopicEvent } from "../following";
export { Refused } from "../refused";

export type Wire = Pick<
  Live,
  "getIsConnected" | "subscribe" | "send" | "tell" | "follow" | "listen"
>;
