/** How far I have read one chat, on whichever of my devices; what is unread; and where "New" stands. */
import type { Message, Unread } from "../../protocol/message";

const NOTHING: Unread = { count: 0, mentions: 0 };

export class Reading {
  unread: Unread = NOTHING;
  /** Before the first message of others from here on stands "New". */
  line: number | null = null;
  /** Whether the server has said so on this visit. */
  isCounted = false;
  #read = 0;
  /** What was said to be read, and perhaps not heard yet. */
  #told = 0;
  #isWatched = false;
  /** Marked as unread by hand: looking at it does not make it read again. */
  #isHeld = false;

  /** Whether the newest message is in front of somebody's eyes. */
  watch(isWatched: boolean): void {
    this.#isWatched = isWatched;
    if (!isWatched) this.#isHeld = false;
  }

  get hasBegun(): boolean {
    return this.#read > 0;
  }

  get isLooking(): boolean {
    return this.#isWatched && !this.#isHeld;
  }

  /** As the server says when the chat is opened. */
  stands(read: number, unread: Unread & { first: number | null }): void {
    this.isCounted = true;
    this.#read = Math.max(read, this.#told);
    this.unread = { count: unread.count, mentions: unread.mentions };
    if (!this.#isWatched && unread.first !== null)
      this.line = Math.min(this.line ?? unread.first, unread.first);
  }

  /** Somebody else said something. The server counts as well, and its count is taken when it comes. */
  heard({ seq, mentions }: Message, me: string): void {
    if (this.isLooking || seq <= this.#read) return;
    if (this.line === null || this.unread.count === 0) this.line = seq;
    this.unread = {
      count: this.unread.count + 1,
      mentions: this.unread.mentions + (mentions.includes(me) ? 1 : 0),
    };
  }

  /** As all of my devices are told, whichever of them read it. */
  told({ count, mentions, read }: Unread & { read: number }): void {
    const isElsewhere = read > Math.max(this.#read, this.#told);
    this.unread = { count, mentions };
    this.#read = read;
    if (count === 0 && isElsewhere && !this.#isWatched) this.line = null;
    if (count > 0 && this.line === null && !this.#isWatched) this.line = read + 1;
  }

  /** Whether this is news: then the server is to be told. */
  sees(last: number): boolean {
    if (!this.isLooking || last <= Math.max(this.#read, this.#told)) return false;
    this.#told = last;
    this.unread = NOTHING;
    return true;
  }

  /** By hand: from here on. */
  mark(seq: number): void {
    this.#isHeld = true;
    this.#read = this.#told = seq - 1;
    this.line = seq;
  }
}
