/**
 * Says on the live connection what this tab does: which document it shows, whether somebody writes in it, whether
 * anybody is there. Only what changed is said, and once a minute that somebody still is.
 */
import type { Commands } from "../protocol/live";
import type { Live } from "./live";

/** Looking something up in another window is no absence. */
const IDLE_AFTER_MS = 5 * 60_000;
const SAID_AGAIN_MS = 60_000;
const EDITING_MS = 10_000;
const LOOK_EVERY_MS = 5_000;
const INPUT = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;

type Said = Commands["presence"];

export class Whereabouts {
  #live: Pick<Live, "tell" | "subscribe" | "getIsConnected">;
  #document: string;
  #inputAt = Date.now();
  #editedAt: number | null = null;
  #said: Said | null = null;
  #saidAt = 0;
  #timer: ReturnType<typeof setInterval> | null = null;
  #stop: (() => void) | null = null;

  constructor(live: Pick<Live, "tell" | "subscribe" | "getIsConnected">, document: string) {
    this.#live = live;
    this.#document = document;
  }

  open(): void {
    for (const name of INPUT) window.addEventListener(name, this.#onInput, { passive: true });
    this.#stop = this.#live.subscribe(this.#onConnection);
    this.#timer = setInterval(this.#look, LOOK_EVERY_MS);
    this.#look();
  }

  close(): void {
    for (const name of INPUT) window.removeEventListener(name, this.#onInput);
    this.#stop?.();
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#live.tell("presence", { state: this.#state(Date.now()) });
  }

  /** Somebody wrote here. */
  edited = (): void => {
    this.#editedAt = Date.now();
    this.#look();
  };

  #onInput = (): void => {
    const wasIdle = this.#said?.state === "idle";
    this.#inputAt = Date.now();
    if (wasIdle) this.#look();
  };

  /** Another connection knows nothing of what was said on the last one. */
  #onConnection = (): void => {
    this.#said = null;
    this.#look();
  };

  #look = (): void => {
    if (!this.#live.getIsConnected()) return;
    const now = Date.now();
    const isEditing = this.#editedAt !== null && now - this.#editedAt < EDITING_MS;
    const said: Said = {
      state: this.#state(now),
      document: this.#document,
      doing: isEditing ? "editing" : "viewing",
    };
    const isNews = said.state !== this.#said?.state || said.doing !== this.#said?.doing;
    const isOld = said.state === "active" && now - this.#saidAt >= SAID_AGAIN_MS;
    if (!isNews && !isOld) return;
    this.#said = said;
    this.#saidAt = now;
    this.#live.tell("presence", said);
  };

  #state(now: number): "active" | "idle" {
    return now - this.#inputAt < IDLE_AFTER_MS ? "active" : "idle";
  }
}
