/** Who looks at a chat, told that it changed: what comes alone at once, what comes in a stream now and then. */
const STREAM_MS = 120;

export class Audience {
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #toldAt = 0;
  #onTell: () => void;

  /** `onTell` is called before the others are. */
  constructor(onTell: () => void) {
    this.#onTell = onTell;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  tell(): void {
    this.close();
    this.#toldAt = Date.now();
    this.#onTell();
    for (const listener of this.#listeners) listener();
  }

  tellInStream(): void {
    if (Date.now() - this.#toldAt >= STREAM_MS) this.tell();
    else this.tellWithin(STREAM_MS);
  }

  tellWithin(ms: number): void {
    this.#timer ??= setTimeout(() => this.tell(), ms);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
