import { expect, test } from "vitest";
import { type Cursor, Following, type TopicEvent } from "./following";

/** Mulberry32: the same numbers for the same seed. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const entry = (seq: number): TopicEvent => ({ event: "noted", topic: "doc:d", seq, data: {} });

/** A log, and a way to the page that breaks, loses, repeats, and delivers what is old. */
class World {
  head = 0;
  isUp = false;
  /** What is on its way, in order. */
  #way: (() => void)[] = [];
  #answers = 0;
  told: number[] = [];
  following: Following;

  constructor(private readonly random: () => number) {
    this.following = new Following("doc:d", {
      cursor: () => null,
      onEvents: (events) => this.told.push(...events.map(({ seq }) => seq)),
      onFollowed: () => {},
      onEnded: () => {},
    }, (_, cursor) => this.#follow(cursor)); // biome-ignore format: one argument a line hides what they are
  }

  commits(): void {
    this.head += 1;
    const seq = this.head;
    if (this.isUp && this.random() > 0.1) this.#way.push(() => this.following.take([entry(seq)]));
    if (this.isUp && this.random() < 0.1) this.#way.push(() => this.following.take([entry(seq)]));
  }

  connects(): void {
    if (this.isUp) return;
    this.isUp = true;
    this.following.begin();
  }

  breaks(): void {
    this.isUp = false;
    this.#way = this.#way.slice(0, 0);
    this.following.lose();
  }

  delivers(): void {
    this.#way.shift()?.();
  }

  beats(): void {
    const head = this.head;
    if (this.isUp) this.#way.push(() => this.following.onHead(head));
  }

  /** Until nothing is on its way. */
  settles(): void {
    for (let n = 0; n < 10_000 && this.#way.length > 0; n++) this.delivers();
  }

  #follow(cursor: Cursor | null): void {
    const asked = ++this.#answers;
    const after = cursor?.seq ?? this.head;
    const missed = Array.from({ length: this.head - after }, (_, n) => entry(after + 1 + n));
    const head = { seq: this.head, epoch: "e" };
    for (let at = 0; at < missed.length; at += 3) {
      const page = missed.slice(at, at + 3);
      this.#way.push(() => this.following.take(page));
    }
    this.#way.push(() => {
      if (asked === this.#answers) this.following.onFollowed(head, false);
    });
  }
}

test.each(Array.from({ length: 300 }, (_, seed) => seed))(
  "whatever the network does everything is handed on once and in order (seed %i)",
  (seed) => {
    const random = chance(seed);
    const world = new World(random);
    world.connects();
    world.settles();
    for (let step = 0; step < 200; step++) {
      const deed = random();
      if (deed < 0.4) world.commits();
      else if (deed < 0.8) world.delivers();
      else if (deed < 0.9) world.connects();
      else if (deed < 0.95) world.beats();
      else world.breaks();
    }
    world.connects();
    world.settles();
    world.beats();
    world.settles();
    expect(world.told).toEqual(Array.from({ length: world.head }, (_, n) => n + 1));
  },
);
