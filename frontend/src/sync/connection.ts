/**
 * One socket that comes back by itself: ever more slowly after failures, at once when the network or the tab does.
 */
import { Close, isFinal } from "../protocol/closes";
import { reconnectDelay } from "./backoff";
import { startHeartbeat } from "./heartbeat";

const HEARTBEAT_MS = 15_000;
const DEAD_MS = 35_000;

export interface ConnectionOptions {
  /** ws(s)://…, asked for each time. */
  address: () => string;
  onMessage: (data: unknown) => void;
  /** It is gone. Unless the code is final, or it was closed here, it comes back. */
  onClosed: (code: number) => void;
  /** Every 15 s while there is a socket: the moment to say something, so that the server is heard. */
  onBeat: () => void;
  /** The browser says whether there is a network. */
  onReach?: (isOnline: boolean) => void;
  createSocket?: ((url: string) => WebSocket) | undefined;
}

export class Connection {
  #options: ConnectionOptions;
  #socket: WebSocket | null = null;
  #isOpen = false;
  #attempt = 0;
  #heardAt = 0;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #stopHeartbeat: (() => void) | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Connect, and stay connected until `close`. */
  open(): void {
    this.#isOpen = true;
    window.addEventListener("online", this.#onOnline);
    window.addEventListener("offline", this.#onOffline);
    document.addEventListener("visibilitychange", this.#onVisible);
    this.#stopHeartbeat = startHeartbeat(HEARTBEAT_MS, this.#beat);
    this.#connect();
  }

  /** For good, and without a word to `onClosed`. */
  close(): void {
    this.#isOpen = false;
    window.removeEventListener("online", this.#onOnline);
    window.removeEventListener("offline", this.#onOffline);
    document.removeEventListener("visibilitychange", this.#onVisible);
    this.#stopHeartbeat?.();
    this.#stopHeartbeat = null;
    this.#forgetRetry();
    this.#socket?.close(Close.normal);
    this.#socket = null;
  }

  /** Goes nowhere while there is no connection. */
  send(frame: string | Uint8Array): void {
    if (this.#socket?.readyState === WebSocket.OPEN)
      this.#socket.send(frame as string | Uint8Array<ArrayBuffer>);
  }

  /** What was sent and has not left this machine. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** All is well: the next failure is the first one again. */
  settle(): void {
    this.#attempt = 0;
  }

  /** Begin anew with another socket; `attempt`: as if so many had failed already. */
  restart(attempt = 0): void {
    this.#attempt = attempt;
    this.#drop();
  }

  /** Treat it as if the server had closed it with this code. */
  end(code: number): void {
    const socket = this.#socket;
    this.#forgetRetry();
    this.#onClosed(code);
    socket?.close();
  }

  #connect = (): void => {
    if (!this.#isOpen || this.#socket !== null) return;
    const { address, createSocket, onMessage } = this.#options;
    const url = address();
    const socket = createSocket?.(url) ?? new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#heardAt = Date.now();
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket) return;
      this.#heardAt = Date.now();
      onMessage(data);
    };
    socket.onclose = ({ code }) => {
      if (this.#socket === socket) this.#onClosed(code);
    };
  };

  #onClosed(code: number): void {
    this.#socket = null;
    this.#options.onClosed(code);
    if (isFinal(code)) this.#isOpen = false;
    if (!this.#isOpen) return;
    this.#retry = setTimeout(this.#connect, reconnectDelay(this.#attempt++, Math.random()));
  }

  #beat = (): void => {
    if (this.#socket === null) return;
    if (Date.now() - this.#heardAt > DEAD_MS) this.#drop();
    else this.#options.onBeat();
  };

  #drop(): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#onClosed(Close.lost);
    socket.close();
  }

  #onOnline = (): void => {
    this.#options.onReach?.(true);
    this.#hurry();
  };

  #onOffline = (): void => {
    this.#options.onReach?.(false);
    // The browser keeps an open socket while it holds the frames: only a new one tells the truth.
    this.#drop();
  };

  #onVisible = (): void => {
    if (document.visibilityState === "visible") this.#hurry();
  };

  #hurry(): void {
    if (this.#socket !== null || !this.#isOpen) return;
    this.#forgetRetry();
    this.#connect();
  }

  #forgetRetry(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
  }
}
