/**
 * The one live connection of a tab: what happens around the documents, as it happens; and what this tab has to say.
 *
 * What was said beside the logs while nobody listened is not repeated: whoever connects again is told so by "hello",
 * and asks anew. Topics are followed again from the last place that was handed on.
 */
import { isFinal } from "../protocol/closes";
import {
  type Commands as CommandData,
  type LiveEvent,
  readLive,
  writeLive,
} from "../protocol/live";
import { type CommandName, Commands } from "./commands";
import { Connection } from "./connection";
import { type Cursor, type Follower, Following, type TopicEvent } from "./following";

export type { Cursor, Follower, TopicEvent } from "./following";

const ASK_AGAIN_MS = 1000;
/** What is only worth something now is not put behind so much else. */
const CROWDED_BYTES = 64 * 1024;

export interface LiveOptions {
  /** ws(s)://…/live */
  url: string;
  onEvent: (event: LiveEvent) => void;
  /** The server has ended it for good: signed out, or nobody it knows. */
  onEnded: (code: number) => void;
  createSocket?: ((url: string) => WebSocket) | undefined;
}

export class Live {
  #options: LiveOptions;
  #connection: Connection;
  #isConnected = false;
  #listeners = new Set<() => void>();
  #aside = new Set<(event: string, data: Record<string, unknown>) => void>();
  #commands = new Commands();
  #followings = new Map<string, Following>();
  #later = new Map<string, ReturnType<typeof setTimeout>>();
  #askedAt = new Map<string, number>();

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#connection = new Connection({
      address: () => options.url,
      onMessage: this.#receive,
      onClosed: this.#onClosed,
      onBeat: this.#beat,
      createSocket: options.createSocket,
    });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Whether what changes is told: while not, one has to ask now and then. */
  getIsConnected = (): boolean => this.#isConnected;

  /** Events that have no place in a log, whoever else hears them. */
  listen = (listener: (event: string, data: Record<string, unknown>) => void): (() => void) => {
    this.#aside.add(listener);
    return () => this.#aside.delete(listener);
  };

  /**
   * What the server acknowledges with. It waits for a connection and is said again where that does no harm; rejects
   * with `Refused`, or with `Unanswered` after `patienceMs`.
   */
  send = <Name extends CommandName>(
    event: Name,
    data: CommandData[Name],
    patienceMs?: number,
  ): Promise<Record<string, unknown>> => this.#commands.send(event, data, patienceMs);

  /** Without an answer, and lost where there is no connection, or too much under way on it. */
  tell = <Name extends CommandName>(event: Name, data: CommandData[Name]): void => {
    if (!this.#isConnected || this.#connection.bufferedBytes > CROWDED_BYTES) return;
    this.#connection.send(writeLive(event, data));
  };

  /** Be told of a topic, on this connection and all that follow it; one follower each. Answers how to end that. */
  follow = (topic: string, follower: Follower): (() => void) => {
    if (this.#followings.has(topic)) throw new Error(`${topic} is followed already`);
    const following = new Following(topic, follower, this.#ask);
    this.#followings.set(topic, following);
    if (this.#isConnected) following.begin();
    return () => {
      if (this.#followings.get(topic) === following) {
        this.#forget(topic);
        this.tell("unfollow", { topic });
      }
    };
  };

  /** Connect, and stay connected until `close`. */
  open(): void {
    this.#connection.open();
  }

  close(): void {
    this.#connection.close();
    this.#lose();
    this.#commands.close();
  }

  #receive = (data: unknown): void => {
    let events: LiveEvent[];
    try {
      events = readLive(String(data), complain);
    } catch (error) {
      complain(error);
      return;
    }
    let placed: TopicEvent[] = [];
    for (const event of events) {
      if (placed.length > 0 && placed[0]?.topic !== event.topic) {
        this.#followings.get(placed[0]?.topic as string)?.take(placed);
        placed = [];
      }
      if (event.topic !== undefined && event.seq !== undefined)
        placed.push(event as unknown as TopicEvent);
      else this.#hear(event);
    }
    if (placed.length > 0) this.#followings.get(placed[0]?.topic as string)?.take(placed);
  };

  #hear(event: LiveEvent): void {
    switch (event.event) {
      case "hello":
        this.#greeted();
        break;
      case "pong":
        for (const [topic, each] of this.#followings) each.onHead(event.data.heads[topic]);
        return;
      case "ack":
      case "error":
        if (!this.#commands.answered(event.event, { ...event.data })) this.#answered(event);
        return;
      case "unfollowed":
        this.#onUnfollowed(event.data.topic, event.data.why);
        return;
    }
    this.#options.onEvent(event);
    for (const listener of [...this.#aside]) listener(event.event, { ...event.data });
  }

  /** A new connection, or one on which something was lost: it follows nothing. */
  #greeted(): void {
    this.#connection.settle();
    if (!this.#isConnected) this.#commands.connected((text) => this.#connection.send(text));
    this.#askedAt.clear();
    for (const following of this.#followings.values()) following.begin();
    this.#say(true);
  }

  #ask = (topic: string, cursor: Cursor | null): void => {
    const wait = (this.#askedAt.get(topic) ?? 0) + ASK_AGAIN_MS - Date.now();
    if (wait > 0) {
      this.#askLater(topic, wait);
      return;
    }
    this.#askedAt.set(topic, Date.now());
    const place = cursor === null ? {} : { after: cursor.seq, epoch: cursor.epoch };
    const asked = this.#followings.get(topic)?.asked ?? 0;
    this.#connection.send(
      writeLive("follow", { topic, ...place }, `f${asked} ${topic}`.slice(0, 64)),
    );
  };

  #askLater(topic: string, wait: number): void {
    clearTimeout(this.#later.get(topic));
    const again = () => {
      if (this.#isConnected) this.#followings.get(topic)?.begin();
    };
    this.#later.set(topic, setTimeout(again, wait));
  }

  /** The answer to `follow`; one to an earlier question says nothing. */
  #answered(said: LiveEvent): void {
    if (said.event !== "ack" && said.event !== "error") return;
    for (const [topic, following] of this.#followings) {
      if (said.data.id !== `f${following.asked} ${topic}`.slice(0, 64)) continue;
      if (said.event === "ack") {
        const { seq = 0, epoch = "", is_reset = false } = said.data;
        following.onFollowed({ seq, epoch }, is_reset);
      } else if (FOR_GOOD.has(said.data.code)) {
        this.#end(topic, said.data.code);
      } else {
        this.#askLater(topic, ASK_AGAIN_MS * (1 + Math.random()));
      }
      return;
    }
  }

  #onUnfollowed(topic: string, why: string): void {
    if (why === "behind") this.#followings.get(topic)?.begin();
    else this.#end(topic, why);
  }

  #end(topic: string, why: string): void {
    const ended = this.#followings.get(topic);
    this.#forget(topic);
    ended?.follower.onEnded(why);
  }

  #forget(topic: string): void {
    this.#followings.delete(topic);
    clearTimeout(this.#later.get(topic));
    this.#later.delete(topic);
  }

  #onClosed = (code: number): void => {
    this.#lose();
    if (isFinal(code)) this.#options.onEnded(code);
  };

  #lose(): void {
    this.#commands.disconnected();
    for (const timer of this.#later.values()) clearTimeout(timer);
    this.#later.clear();
    for (const following of this.#followings.values()) following.lose();
    this.#say(false);
  }

  #say(isConnected: boolean): void {
    if (this.#isConnected === isConnected) return;
    this.#isConnected = isConnected;
    for (const listener of this.#listeners) listener();
  }

  #beat = (): void => {
    if (this.#isConnected) this.#connection.send(writeLive("ping", {}));
  };
}

/** It is not there for this person, and asking again changes nothing. */
const FOR_GOOD = new Set(["not_found", "not_allowed", "invalid", "not_signed_in"]);

function complain(error: unknown): void {
  console.error("An event of the server could not be read.", error);
}
