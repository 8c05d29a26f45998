/**
 * One open document in one tab: the Y.Doc, its copy in IndexedDB, and the socket.
 *
 * What must stay true: nothing of the server is merged before its hello named the same generation and a schema that
 * this bundle knows; "saved" is said only when every update of this tab is covered by the server's cumulative count.
 */
import { IndexeddbPersistence } from "y-indexeddb";
import * as awarenessProtocol from "y-protocols/awareness";
import * as Y from "yjs";
import {
  HEARTBEAT_FRAME,
  type Hello,
  isFinal,
  type Person,
  readMessage,
  STEP1,
  STEP2,
  UPDATE,
  writeAwareness,
  writeSync,
} from "../protocol/frames";
import { reconnectDelay } from "./backoff";
import { startHeartbeat } from "./heartbeat";
import { readHeld, writeHeld } from "./pending";
import { type Facts, SAVED_AFTER_MS, type Status, statusOf } from "./status";

const HEARTBEAT_MS = 15_000;
const DEAD_MS = 35_000;

/** What the page shows; a new object whenever something of it changes. */
export interface Snapshot {
  status: Status;
  /** The Y.Doc may be bound to an editor. */
  isReady: boolean;
  canEdit: boolean;
  isStored: boolean;
  user: Person | null;
}

export interface SessionOptions {
  document: string;
  schema: number;
  /** ws(s)://…/sync */
  url: string;
  createSocket?: (url: string) => WebSocket;
}

export class DocumentSession {
  doc = new Y.Doc();
  awareness = new awarenessProtocol.Awareness(this.doc);

  #options: SessionOptions;
  #listeners = new Set<() => void>();
  #snapshot: Snapshot;
  #facts: Facts;
  #socket: WebSocket | null = null;
  #hello: Hello | null = null;
  #store: IndexeddbPersistence | null = null;
  #storeKind: "opening" | "kept" | "none" = "opening";
  #sent = 0;
  #acknowledged = 0;
  #queue: Uint8Array[] = [];
  #changes = 0;
  #attempt = 0;
  #heardAt = 0;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #settle: ReturnType<typeof setTimeout> | null = null;
  #stopHeartbeat: (() => void) | null = null;
  #isOpen = false;
  #generation: string | null;
  #isFlushQueued = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    const held = readHeld(options.document);
    this.#generation = held?.generation ?? null;
    this.#changes = held?.unsaved ?? 0;
    this.#facts = {
      isOnline: navigator.onLine,
      isConnected: false,
      isSynced: false,
      wasSynced: false,
      unsaved: this.#changes,
      savedAt: null,
      refusal: null,
      trouble: null,
      closedWith: null,
      role: null,
      isOlder: false,
      isOtherGeneration: false,
    };
    this.#snapshot = this.#look();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getSnapshot = (): Snapshot => this.#snapshot;

  /** Load the local copy, connect, and stay connected until `close`. */
  open(): void {
    this.#isOpen = true;
    this.doc.on("update", this.#onLocalUpdate);
    this.awareness.on("update", this.#onAwareness);
    window.addEventListener("online", this.#onOnline);
    window.addEventListener("offline", this.#onOffline);
    window.addEventListener("beforeunload", this.#onUnload);
    document.addEventListener("visibilitychange", this.#onVisible);
    this.#stopHeartbeat = startHeartbeat(HEARTBEAT_MS, this.#beat);
    if (this.#generation !== null) this.#openStore(this.#generation);
    else this.#storeKind = "kept";
    this.#connect();
  }

  close(): void {
    this.#isOpen = false;
    window.removeEventListener("online", this.#onOnline);
    window.removeEventListener("offline", this.#onOffline);
    window.removeEventListener("beforeunload", this.#onUnload);
    document.removeEventListener("visibilitychange", this.#onVisible);
    this.#stopHeartbeat?.();
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#settle !== null) clearTimeout(this.#settle);
    this.#flush();
    this.#socket?.close(1000);
    this.#socket = null;
    this.awareness.destroy();
    void this.#store?.destroy();
    this.doc.destroy();
  }

  // -- the local copy

  #openStore(generation: string): void {
    if (this.#store !== null) return;
    try {
      const store = new IndexeddbPersistence(
        `quillroom:${this.#options.document}:${generation}`,
        this.doc,
      );
      this.#store = store;
      store.whenSynced.then(
        () => {
          this.#storeKind = "kept";
          this.#changed();
        },
        () => this.#withoutStore(),
      );
    } catch {
      this.#withoutStore();
    }
  }

  #withoutStore(): void {
    this.#storeKind = "none";
    this.#changed();
  }

  // -- the socket

  #connect = (): void => {
    if (!this.#isOpen || this.#socket !== null) return;
    const { document: id, schema, url } = this.#options;
    const query = new URLSearchParams({ client: "quillroom", schema: String(schema) });
    if (this.#generation !== null) query.set("generation", this.#generation);
    const address = `${url}/${encodeURIComponent(id)}?${query}`;
    const socket = this.#options.createSocket?.(address) ?? new WebSocket(address);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#heardAt = Date.now();
    socket.onmessage = (event) => {
      if (this.#socket === socket) this.#receive(new Uint8Array(event.data as ArrayBuffer));
    };
    socket.onclose = (event) => {
      if (this.#socket === socket) this.#onClosed(event.code);
    };
  };

  #onClosed(code: number): void {
    this.#socket = null;
    this.#hello = null;
    this.#queue = [];
    const facts = this.#facts;
    if (this.#sent > this.#acknowledged) this.#remember();
    Object.assign(facts, { isConnected: false, isSynced: false, closedWith: code });
    const others = [...this.awareness.getStates().keys()].filter((id) => id !== this.doc.clientID);
    awarenessProtocol.removeAwarenessStates(this.awareness, others, "closed");
    this.#changed();
    if (!this.#isOpen || isFinal(code)) return;
    this.#retry = setTimeout(this.#connect, reconnectDelay(this.#attempt++, Math.random()));
  }

  #receive(frame: Uint8Array): void {
    this.#heardAt = Date.now();
    const message = readMessage(frame);
    switch (message.kind) {
      case "hello":
        this.#onHello(message.hello);
        break;
      case "saved":
        this.#onSaved(message.count);
        break;
      case "refused":
        this.#facts.refusal = message.refusal.message;
        break;
      case "storage":
        this.#facts.trouble = message.saving;
        break;
      case "step1":
        if (this.#mayWrite())
          this.#send(writeSync(STEP2, Y.encodeStateAsUpdate(this.doc, message.bytes)), true);
        break;
      case "step2":
      case "update":
        if (this.#hello === null) return;
        Y.applyUpdate(this.doc, message.bytes, this);
        if (message.kind === "step2") this.#onSynced();
        break;
      case "awareness":
        awarenessProtocol.applyAwarenessUpdate(this.awareness, message.bytes, this);
        return;
      default:
        break;
    }
    this.#changed();
  }

  #onHello(hello: Hello): void {
    const facts = this.#facts;
    if (this.#generation !== null && hello.generation !== this.#generation) {
      facts.isOtherGeneration = true;
      this.#isOpen = false;
      this.#socket?.close(1000);
      return;
    }
    facts.isOlder = hello.schema > this.#options.schema || hello.why === "schema";
    Object.assign(facts, {
      isConnected: true,
      role: hello.role,
      trouble: hello.saving,
      refusal: null,
    });
    facts.closedWith = null;
    this.#attempt = 0;
    this.#sent = 0;
    this.#acknowledged = 0;
    this.#hello = hello;
    if (!facts.isOlder) {
      // An older bundle would delete what it does not know: it gets a copy that is never stored nor sent.
      this.#generation = hello.generation;
      this.#openStore(hello.generation);
    }
    this.#send(writeSync(STEP1, Y.encodeStateVector(this.doc)), false);
    this.#sendAwareness([this.doc.clientID]);
  }

  #onSynced(): void {
    this.#facts.isSynced = true;
    this.#facts.wasSynced = true;
  }

  #onSaved(count: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, count);
    if (this.#acknowledged < this.#sent || this.#queue.length > 0) return;
    this.#changes = 0;
    this.#facts.unsaved = 0;
    this.#facts.savedAt = Date.now();
    this.#remember();
    if (this.#settle !== null) clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.#changed(), SAVED_AFTER_MS + 10);
  }

  // -- what happens here

  #mayWrite(): boolean {
    return this.#hello !== null && this.#hello.role === "edit" && !this.#facts.isOlder;
  }

  #onLocalUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this || origin === this.#store || this.#facts.isOlder) return;
    this.#changes += 1;
    this.#facts.unsaved = this.#changes;
    if (this.#mayWrite()) {
      this.#queue.push(update);
      // One message for all that one turn of the event loop changed: a paste makes hundreds of updates.
      if (!this.#isFlushQueued) {
        this.#isFlushQueued = true;
        queueMicrotask(this.#flush);
      }
    }
    this.#remember();
    this.#changed();
  };

  #flush = (): void => {
    this.#isFlushQueued = false;
    const queue = this.#queue;
    this.#queue = [];
    const [first] = queue;
    if (first === undefined) return;
    this.#send(writeSync(UPDATE, queue.length === 1 ? first : Y.mergeUpdates(queue)), true);
  };

  #send(frame: Uint8Array, isUpdate: boolean): void {
    if (isUpdate) this.#sent += 1;
    if (this.#socket?.readyState === WebSocket.OPEN)
      this.#socket.send(frame as Uint8Array<ArrayBuffer>);
  }

  #onAwareness = (
    { added, updated, removed }: { added: number[]; updated: number[]; removed: number[] },
    origin: unknown,
  ): void => {
    if (origin === this) return;
    if ([...added, ...updated, ...removed].includes(this.doc.clientID)) {
      this.#sendAwareness([this.doc.clientID]);
    }
  };

  #sendAwareness(clients: number[]): void {
    if (this.#hello === null || this.awareness.getLocalState() === null) return;
    this.#send(
      writeAwareness(awarenessProtocol.encodeAwarenessUpdate(this.awareness, clients)),
      false,
    );
  }

  #remember(): void {
    if (this.#generation === null) return;
    const isKept = writeHeld(this.#options.document, {
      generation: this.#generation,
      unsaved: this.#changes,
    });
    if (!isKept) this.#storeKind = "none";
  }

  // -- the world around

  #beat = (): void => {
    if (this.#socket === null) return;
    if (Date.now() - this.#heardAt > DEAD_MS) this.#drop();
    else if (this.#hello !== null) this.#send(HEARTBEAT_FRAME, false);
  };

  #drop(): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#onClosed(1006);
    socket.close();
  }

  #onOnline = (): void => {
    this.#facts.isOnline = true;
    this.#changed();
    this.#hurry();
  };

  #onOffline = (): void => {
    this.#facts.isOnline = false;
    this.#changed();
    // The browser keeps an open socket while it holds the frames: only a new one tells the truth.
    this.#drop();
  };

  #onVisible = (): void => {
    if (document.visibilityState === "visible") this.#hurry();
  };

  #hurry(): void {
    if (this.#socket !== null || !this.#isOpen || isFinal(this.#facts.closedWith ?? 0)) return;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#connect();
  }

  #onUnload = (event: BeforeUnloadEvent): void => {
    this.#flush();
    if (this.#facts.unsaved > 0 && this.#mayWrite()) event.preventDefault();
  };

  #changed(): void {
    this.#snapshot = this.#look();
    for (const listener of this.#listeners) listener();
  }

  #look(): Snapshot {
    const facts = this.#facts;
    const hasCopy = this.#generation !== null && this.#storeKind === "kept" && this.#store !== null;
    const isReady = facts.wasSynced || (hasCopy && !facts.isOtherGeneration);
    const canWrite = facts.role === "edit" || (facts.role === null && hasCopy);
    return {
      status: statusOf(facts, Date.now()),
      isReady,
      canEdit: isReady && canWrite && !facts.isOlder && !isFinal(facts.closedWith ?? 0),
      isStored: this.#storeKind !== "none",
      user: this.#hello?.user ?? null,
    };
  }
}
