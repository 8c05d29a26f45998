/**
 * What others do, on its way to the page: taken at once when it comes alone, and together when it comes faster than
 * frames are painted, so that a flood costs one drawing a frame and a lone keystroke waits for nothing.
 */

/** A hidden tab paints no frames. */
const UNSEEN_MS = 250;

export class Inflow<Item> {
  #waiting: Item[] = [];
  #take: (items: Item[]) => void;
  #frame: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** `take` gets what came, in order, and must not throw. */
  constructor(take: (items: Item[]) => void) {
    this.#take = take;
  }

  push(item: Item): void {
    this.#waiting.push(item);
    if (this.#frame === null) this.flush();
  }

  /** Hand over what waits, now. */
  flush(): void {
    this.#stop();
    const items = this.#waiting;
    if (items.length === 0) return;
    this.#waiting = [];
    // What comes before the next frame is drawn with it: it need not be taken earlier.
    this.#frame = requestAnimationFrame(this.#onFrame);
    this.#timer = setTimeout(this.#onFrame, UNSEEN_MS);
    this.#take(items);
  }

  /** Forget what waits. */
  clear(): void {
    this.#stop();
    this.#waiting = [];
  }

  #onFrame = (): void => {
    this.flush();
  };

  #stop(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#frame = this.#timer = null;
  }
}
