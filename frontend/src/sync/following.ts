/**
 * One topic that this tab follows: each event of its log once, in order, over any number of connections.
 *
 * What has the place that comes next is handed on; what was there already is not; where one is missing the topic is
 * followed again from the last one, and so it is where the server has a later one than ever came here.
 */

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
  /** Where to go on from; asked whenever the topic is followed. Null: from what comes now. */
  cursor: () => Cursor | null;
  /** In order, none left out, none twice. `isMissed`: they happened before; when all of these were told `onFollowed` is called. */
  onEvents: (events: readonly TopicEvent[], isMissed: boolean) => void;
  /** Everything missed has been told. With `isReset` nothing was: it has to be asked for anew. */
  onFollowed: (head: Cursor, isReset: boolean) => void;
  /** It will not be told any more: access_ended, gone, not_found. */
  onEnded: (why: string) => void;
}

export class Following {
  /** "asking": what was missed is on its way, and what comes does not show yet what is missing. */
  #state: "lost" | "asking" | "following" = "lost";
  #at: Cursor | null = null;
  #asked = 0;

  constructor(
    readonly topic: string,
    readonly follower: Follower,
    private readonly ask: (topic: string, cursor: Cursor | null) => void,
  ) {}

  /** Follow it (again), from the last place that was handed on. */
  begin(): void {
    const kept = this.follower.cursor();
    if (
      kept !== null &&
      (this.#at === null || kept.epoch !== this.#at.epoch || kept.seq > this.#at.seq)
    ) {
      this.#at = { ...kept };
    }
    this.#state = "asking";
    this.#asked += 1;
    this.ask(this.topic, this.#at);
  }

  /** How often it was followed: an answer to an earlier time is none. */
  get asked(): number {
    return this.#asked;
  }

  /** The connection is gone. */
  lose(): void {
    this.#state = "lost";
  }

  /** What the server has told, in order. */
  take(events: readonly TopicEvent[]): void {
    const next: TopicEvent[] = [];
    let isMissing = false;
    for (const event of events) {
      if (this.#state === "lost") break;
      if (this.#at === null) {
        // Followed from the head on, wherever that is; the answer says in which epoch.
        this.#at = { seq: event.seq - 1, epoch: "" };
      }
      if (event.seq === this.#at.seq + 1) {
        this.#at = { ...this.#at, seq: event.seq };
        next.push(event);
      } else if (event.seq > this.#at.seq) {
        isMissing = true;
        break;
      }
    }
    if (next.length > 0) this.follower.onEvents(next, this.#state === "asking");
    if (isMissing && this.#state === "following") this.begin();
  }

  /** Following was acknowledged. */
  onFollowed(head: Cursor, isReset: boolean): void {
    const isWhole = isReset || this.#at === null || this.#at.seq >= head.seq;
    this.#state = "following";
    if (isReset || this.#at === null || this.#at.epoch === "") this.#at = { ...head };
    if (!isWhole) {
      this.begin();
      return;
    }
    this.follower.onFollowed({ ...head }, isReset);
  }

  /** The newest place that the server has told, or none because it does not know that this topic is followed. */
  onHead(seq: number | undefined): void {
    if (this.#state !== "following") return;
    if (seq === undefined || (this.#at !== null && this.#at.seq < seq)) this.begin();
  }
}
