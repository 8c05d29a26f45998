/**
 * The one live connection of a tab: what changed around the documents, said by the server as it happens.
 *
 * What was said while nobody listened is not repeated: whoever connects again is told so by "hello", and asks anew.
 */
import { Close, isFinal } from "../protocol/closes";
import { type LiveEvent, PING, readLive } from "../protocol/live";
import { reconnectDelay } from "./backoff";
import { startHeartbeat } from "./heartbeat";

const HEARTBEAT_MS = 15_000;
const DEAD_MS = 35_000;

export interface LiveOptions {
  /** ws(s)://…/live */
  url: string;
  onEvent: (event: LiveEvent) => void;
  /** The server has ended it for good: signed out, or nobody it knows. */
  onEnded: (code: number) => void;
  createSocket?: (url: string) => WebSocket;
}

export class Live {
  #options: LiveOptions;
  #socket: WebSocket | null = null;
  #isOpen = false;
  #isConnected = false;
  #attempt = 0;
  #heardAt = 0;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #stopHeartbeat: (() => void) | null = null;
  #listeners = new Set<() => void>();

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Whether what changes is told: while not, one has to ask now and then. */
  getIsConnected = (): boolean => this.#isConnected;

  /** Connect, and stay connected until `close`. */
  open(): void {
    this.#isOpen = true;
    window.addEventListener("online", this.#hurry);
    window.addEventListener("offline", this.#drop);
    document.addEventListener("visibilitychange", this.#onVisible);
    this.#stopHeartbeat = startHeartbeat(HEARTBEAT_MS, this.#beat);
    this.#connect();
  }

  close(): void {
    this.#isOpen = false;
    window.removeEventListener("online", this.#hurry);
    window.removeEventListener("offline", this.#drop);
    document.removeEventListener("visibilitychange", this.#onVisible);
    this.#stopHeartbeat?.();
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#socket?.close(Close.normal);
    this.#socket = null;
    this.#say(false);
  }

  #connect = (): void => {
    if (!this.#isOpen || this.#socket !== null) return;
    const { url, createSocket } = this.#options;
    const socket = createSocket?.(url) ?? new WebSocket(url);
    this.#socket = socket;
    this.#heardAt = Date.now();
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#receive(data);
    };
    socket.onclose = ({ code }) => {
      if (this.#socket === socket) this.#onClosed(code);
    };
  };

  #receive(data: unknown): void {
    this.#heardAt = Date.now();
    let event: LiveEvent;
    try {
      event = readLive(String(data));
    } catch (error) {
      console.error("An event of the server could not be read.", error);
      return;
    }
    if (event.kind === "hello") {
      this.#attempt = 0;
      this.#say(true);
    }
    this.#options.onEvent(event);
  }

  #onClosed(code: number): void {
    this.#socket = null;
    this.#say(false);
    if (!this.#isOpen) return;
    if (isFinal(code)) {
      this.#isOpen = false;
      this.#options.onEnded(code);
      return;
    }
    this.#retry = setTimeout(this.#connect, reconnectDelay(this.#attempt++, Math.random()));
  }

  #say(isConnected: boolean): void {
    if (this.#isConnected === isConnected) return;
    this.#isConnected = isConnected;
    for (const listener of this.#listeners) listener();
  }

  #beat = (): void => {
    if (this.#socket === null) return;
    if (Date.now() - this.#heardAt > DEAD_MS) this.#drop();
    else if (this.#isConnected) this.#socket.send(PING);
  };

  #drop = (): void => {
    const socket = this.#socket;
    if (socket === null) return;
    this.#onClosed(Close.lost);
    socket.close();
  };

  #hurry = (): void => {
    if (this.#socket !== null || !this.#isOpen) return;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#connect();
  };

  #onVisible = (): void => {
    if (document.visibilityState === "visible") this.#hurry();
  };
}
