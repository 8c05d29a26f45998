/** What the chat needs of the live connection. */

export interface Cursor {
  seq: number;
  epoch: string;
}

/** One entry of a topic's log. */
export interface TopicEvent {
  event: string;
  topic: string;
  seq: number;
  data: Record<string, unknown>;
}

export interface Follower {
  /** Where to go on from; asked at each connection. Null: from what comes now. */
  cursor: () => Cursor | null;
  /** In order, none left out, none twice. */
  onEvents: (events: readonly TopicEvent[]) => void;
  /** Everything missed has been told. With `isReset` nothing was: it has to be asked for anew. */
  onFollowed: (head: Cursor, isReset: boolean) => void;
  /** It will not be told any more. */
  onEnded: (why: string) => void;
}

export interface Wire {
  getIsConnected: () => boolean;
  subscribe: (listener: () => void) => () => void;
  /** The data of the acknowledgement. Throws `Refused` for a no of the server, else nobody knows whether it arrived. */
  send: (event: string, data: object) => Promise<Record<string, unknown>>;
  /** Without an answer, and lost when there is no connection. */
  tell: (event: string, data: object) => void;
  follow: (topic: string, follower: Follower) => () => void;
  /** Events beside the logs: receipts, unread, typing. */
  listen: (listener: (event: string, data: Record<string, unknown>) => void) => () => void;
}

/** The server understood, and said no. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly seconds: number | null = null,
  ) {
    super(message);
  }
}
