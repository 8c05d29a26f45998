/**
 * One open document in one tab: the Y.Doc, its copy in IndexedDB, and the socket.
 *
 * What must stay true:
 * - nothing of the server is merged into what is kept here before its hello named the same generation and a
 *   schema that this bundle knows;
 * - the local copy is loaded before the two sides compare what they have, so that nothing in it is left out;
 * - "saved" is said only when every update of this tab is covered by the server's cumulative count.
 */
import * as awarenessProtocol from "y-protocols/awareness";
import * as Y from "yjs";
import { isFinal } from "../protocol/closes";
import { mayWrite, type Role } from "../protocol/control";
import {
  HEARTBEAT_FRAME,
  type Hello,
  type Message,
  type Person,
  type Refusal,
  readMessage,
  STEP1,
  STEP2,
  UPDATE,
  writeAwareness,
  writeSync,
} from "../protocol/frames";
import { Connection } from "./connection";
import { Inflow } from "./inflow";
import { LocalCopy } from "./localCopy";
import {
  copyName,
  forgetHeld,
  leaveTake,
  type Place,
  placeOf,
  readHeld,
  writeHeld,
} from "./pending";
import { type Facts, isSameStatus, SAVED_AFTER_MS, type Status, statusOf } from "./status";

/** How long the cached text stays read-only for a server that may still say that this bundle is too old. */
const ALONE_AFTER_MS = 2500;

/** What others do: text and cursors. */
type Shared = Extract<Message, { bytes: Uint8Array }>;

/** What the page shows; a new object whenever something of it changes. */
export interface Snapshot {
  status: Status;
  /** The Y.Doc may be bound to an editor. */
  isReady: boolean;
  canEdit: boolean;
  isStored: boolean;
  user: Person | null;
  /** As the server last said it; null before that. */
  role: Role | null;
}

export interface SessionOptions {
  document: string;
  /** Whose copy is kept in this browser: nobody else gets to see it. */
  person: string;
  schema: number;
  /** ws(s)://…/sync */
  url: string;
  createSocket?: (url: string) => WebSocket;
}

export class DocumentSession {
  doc = new Y.Doc();
  /** Called right before what others did reaches the Y.Doc. */
  beforeOthers: (() => void) | null = null;
  /** Called when something was written in this tab. */
  afterEdit: (() => void) | null = null;
  awareness = new awarenessProtocol.Awareness(this.doc);

  #options: SessionOptions;
  #place: Place;
  #listeners = new Set<() => void>();
  #snapshot: Snapshot;
  #facts: Facts;
  #connection: Connection;
  #hello: Hello | null = null;
  #copy: LocalCopy | null = null;
  #isStored = true;
  /** Messages that came while the local copy was still loading; null when they are taken at once. */
  #backlog: Message[] | null = null;
  #inflow = new Inflow<Shared>((messages) => this.#merge(messages));
  /** Of this connection: the server was given all it lacked, and may be sent updates on top. */
  #isAnswered = false;
  #hasServerText = false;
  #sent = 0;
  #acknowledged = 0;
  #queue: Uint8Array[] = [];
  #changes = 0;
  #unreadable = 0;
  #mayWriteAlone = false;
  #alone: ReturnType<typeof setTimeout> | null = null;
  #settle: ReturnType<typeof setTimeout> | null = null;
  #generation: string | null;
  #isFlushQueued = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#place = placeOf(options.person, options.document);
    const held = readHeld(this.#place);
    const isOlder = held !== null && held.schema > options.schema;
    // A newer bundle wrote into the copy: this one would delete what it does not know, and send that later.
    this.#generation = isOlder ? null : (held?.generation ?? null);
    this.#changes = held?.unsaved ?? 0;
    this.#facts = {
      isOnline: navigator.onLine,
      isConnected: false,
      isSynced: false,
      wasSynced: false,
      isCached: false,
      unsaved: this.#changes,
      isAwaited: false,
      savedAt: null,
      refusal: null,
      trouble: null,
      closedWith: null,
      role: null,
      isOlder,
      isOtherGeneration: false,
    };
    this.#snapshot = this.#look();
    this.#connection = new Connection({
      address: this.#address,
      onMessage: this.#receive,
      onClosed: this.#onClosed,
      onBeat: this.#beat,
      onReach: this.#onReach,
      createSocket: options.createSocket,
    });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getSnapshot = (): Snapshot => this.#snapshot;

  /** Load the local copy, connect, and stay connected until `close`. */
  open(): void {
    this.doc.on("update", this.#onLocalUpdate);
    this.awareness.on("update", this.#onAwareness);
    window.addEventListener("beforeunload", this.#onUnload);
    if (this.#generation !== null) this.#openCopy(this.#generation);
    this.#alone = setTimeout(this.#goAlone, ALONE_AFTER_MS);
    this.#connection.open();
  }

  /** When what is kept here can never be sent: the next session of this document starts from the server's text. */
  startOver(): void {
    leaveTake(this.#place);
  }

  /**
   * The server said in another way that it will not be opened here: a browser hides the status of a refused
   * handshake, and offline would promise that it comes back. `code`: as if it had been closed with it.
   */
  end(code: number): void {
    this.#connection.end(code);
  }

  close(): void {
    window.removeEventListener("beforeunload", this.#onUnload);
    if (this.#settle !== null) clearTimeout(this.#settle);
    if (this.#alone !== null) clearTimeout(this.#alone);
    this.#flush();
    this.#inflow.clear();
    this.#connection.close();
    this.awareness.destroy();
    this.#copy?.close();
    this.doc.destroy();
  }

  // -- the local copy

  #openCopy(generation: string): void {
    const copy = new LocalCopy(copyName(this.#place, generation), this.doc, this.#onCopyLost);
    this.#copy = copy;
    copy.isOpened.then(() => {
      if (this.#copy !== copy) return;
      if (copy.state === "none") this.#isStored = false;
      // An empty editor bound to an empty copy would add a paragraph of its own.
      this.#facts.isCached = this.doc.store.clients.size > 0;
      if (this.#backlog !== null) this.#join();
      this.#changed();
    });
  }

  #onCopyLost = (): void => {
    this.#isStored = false;
    this.#changed();
  };

  #goAlone = (): void => {
    this.#mayWriteAlone = true;
    this.#changed();
  };

  // -- the socket

  #address = (): string => {
    const { document: id, schema, url } = this.#options;
    const query = new URLSearchParams({ client: "quillroom", schema: String(schema) });
    if (this.#generation !== null) query.set("generation", this.#generation);
    return `${url}/${encodeURIComponent(id)}?${query}`;
  };

  #onClosed = (code: number): void => {
    this.#inflow.flush();
    this.#hello = null;
    this.#backlog = null;
    this.#isAnswered = false;
    this.#queue = [];
    this.#mayWriteAlone = true;
    Object.assign(this.#facts, {
      isConnected: false,
      isSynced: false,
      isAwaited: false,
      closedWith: code,
    });
    this.#forgetOthers();
    this.#changed();
  };

  #forgetOthers(): void {
    const others = [...this.awareness.getStates().keys()].filter((id) => id !== this.doc.clientID);
    awarenessProtocol.removeAwarenessStates(this.awareness, others, this);
    // Their clocks too: the server tells the same states again, and they would pass for old news.
    for (const id of others) this.awareness.meta.delete(id);
  }

  #receive = (data: unknown): void => {
    try {
      const message = readMessage(new Uint8Array(data as ArrayBuffer));
      if (this.#backlog !== null && message.kind !== "hello") this.#backlog.push(message);
      else this.#take(message);
    } catch (error) {
      this.#giveUp(error);
    }
  };

  #take(message: Message): void {
    switch (message.kind) {
      case "hello":
        this.#onHello(message.hello);
        break;
      case "saved":
        this.#onSaved(message.count);
        break;
      case "refused":
        this.#onRefused(message.refusal);
        break;
      case "role":
        this.#onRole(message.role);
        break;
      case "storage":
        this.#facts.trouble = message.saving;
        break;
      case "step1":
        this.#answer(message.bytes);
        break;
      case "step2":
      case "update":
      case "awareness":
        if (this.#hello === null) return;
        this.#inflow.push(message);
        if (message.kind !== "step2") return;
        this.#inflow.flush();
        break;
      default:
        return;
    }
    this.#changed();
  }

  /** One transaction, hence one drawing and one row of the local copy, for all that came since the last frame. */
  #merge(messages: Shared[]): void {
    const cursors = messages.filter(({ kind }) => kind === "awareness");
    const updates = messages.filter(({ kind }) => kind !== "awareness");
    try {
      this.beforeOthers?.();
      if (updates.length > 0) this.#apply(updates);
      // A cursor may stand behind a letter that came with it.
      for (const { bytes } of cursors) {
        awarenessProtocol.applyAwarenessUpdate(this.awareness, bytes, this);
      }
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #apply(updates: Shared[]): void {
    const apply = () => {
      for (const { bytes } of updates) Y.applyUpdate(this.doc, bytes, this);
    };
    Y.transact(this.doc, apply, this, false);
    if (updates.some(({ kind }) => kind === "step2")) this.#onServerText();
  }

  #onHello(hello: Hello): void {
    const facts = this.#facts;
    if (this.#generation !== null && hello.generation !== this.#generation) {
      this.#stayApart();
      return;
    }
    facts.isOlder ||= hello.schema > this.#options.schema || hello.why === "schema";
    Object.assign(facts, {
      isConnected: true,
      role: hello.role,
      trouble: hello.saving,
      refusal: null,
      closedWith: null,
    });
    this.#sent = 0;
    this.#acknowledged = 0;
    this.#hasServerText = false;
    if (facts.isOlder) {
      // From here on the Y.Doc is thrown away with the page: it is neither stored nor sent.
      this.#copy?.close();
      this.#copy = null;
    } else if (this.#generation === null) {
      this.#generation = hello.generation;
      this.#openCopy(hello.generation);
      this.#remember();
    }
    this.#hello = hello;
    this.#backlog = [];
    if (this.#copy?.state !== "opening") this.#join();
  }

  /** Say what is here, then take what the server said meanwhile. */
  #join(): void {
    const backlog = this.#backlog ?? [];
    this.#backlog = null;
    this.#connection.send(writeSync(STEP1, Y.encodeStateVector(this.doc)));
    this.#announce();
    try {
      for (const message of backlog) this.#take(message);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** Come back ever more slowly: the same message may wait there again. */
  #giveUp(error: unknown): void {
    console.error("A message of the server could not be taken.", error);
    this.#unreadable += 1;
    this.#connection.restart(this.#unreadable + 1);
  }

  /** The server holds another history: merging the two would double the text. */
  #stayApart(): void {
    this.#facts.isOtherGeneration = true;
    // What the server knew already need not block the next visit.
    if (this.#changes === 0) forgetHeld(this.#place);
    this.#connection.close();
  }

  #answer(vector: Uint8Array): void {
    if (this.#hello === null || !this.#isWriter()) return;
    this.#isAnswered = true;
    this.#queue = [];
    this.#sendUpdate(STEP2, Y.encodeStateAsUpdate(this.doc, vector));
  }

  #onServerText(): void {
    this.#hasServerText = true;
    this.#facts.wasSynced = true;
    this.#checkSynced();
  }

  #onSaved(count: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, count);
    const { refusal } = this.#facts;
    // Whatever was refused came again, within a whole SyncStep2 that was accepted.
    if (refusal !== null && refusal.count <= this.#acknowledged) this.#facts.refusal = null;
    this.#checkSynced();
    if (!this.#isCovered()) return;
    this.#facts.isAwaited = false;
    this.#changes = 0;
    this.#facts.unsaved = 0;
    this.#facts.savedAt = Date.now();
    this.#remember();
    if (this.#settle !== null) clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.#changed(), SAVED_AFTER_MS + 10);
  }

  #onRefused(refusal: Refusal): void {
    this.#facts.refusal = refusal;
    this.#facts.isAwaited = false;
  }

  #onRole(role: Role): void {
    const couldWrite = this.#isWriter();
    this.#facts.role = role;
    // Only a new greeting tells the server what this page wrote meanwhile, and this page what it may send.
    if (!couldWrite && this.#isWriter()) this.#connection.restart();
  }

  /** Whether the server has committed all that this tab ever changed. */
  #isCovered(): boolean {
    return this.#isAnswered && this.#acknowledged >= this.#sent && this.#queue.length === 0;
  }

  #checkSynced(): void {
    if (!this.#hasServerText || (this.#isWriter() && !this.#isCovered())) return;
    this.#facts.isSynced = true;
    this.#connection.settle();
  }

  // -- what happens here

  #isWriter(): boolean {
    return mayWrite(this.#facts.role) && !this.#facts.isOlder;
  }

  #onLocalUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this || this.#copy?.isOrigin(origin) || this.#facts.isOlder) return;
    this.#changes += 1;
    this.#facts.unsaved = this.#changes;
    this.afterEdit?.();
    // Before the answer to SyncStep1 there is nothing to send: the answer holds it.
    if (this.#isAnswered) {
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
    this.#sendUpdate(UPDATE, queue.length === 1 ? first : Y.mergeUpdates(queue));
  };

  /** The server counts these, and says how many of them are committed. */
  #sendUpdate(step: number, update: Uint8Array): void {
    this.#sent += 1;
    this.#facts.isAwaited = true;
    this.#connection.send(writeSync(step, update));
  }

  #onAwareness = (
    { added, updated, removed }: { added: number[]; updated: number[]; removed: number[] },
    origin: unknown,
  ): void => {
    if (origin === this) return;
    if ([...added, ...updated, ...removed].includes(this.doc.clientID)) {
      this.#sendAwareness();
    }
  };

  /**
   * Peers were told under the next clock that the cursor of the last connection is gone: only a clock
   * behind that one brings it back.
   */
  #announce(): void {
    const meta = this.awareness.meta.get(this.doc.clientID);
    if (meta !== undefined) meta.clock += 2;
    this.#sendAwareness();
  }

  #sendAwareness(): void {
    if (this.#hello === null || this.#backlog !== null) return;
    if (this.#facts.isOlder || this.awareness.getLocalState() === null) return;
    const update = awarenessProtocol.encodeAwarenessUpdate(this.awareness, [this.doc.clientID]);
    this.#connection.send(writeAwareness(update));
  }

  #remember(): void {
    if (this.#generation === null || this.#facts.isOlder || this.#facts.isOtherGeneration) return;
    const held = {
      generation: this.#generation,
      unsaved: this.#changes,
      schema: this.#options.schema,
    };
    if (!writeHeld(this.#place, held)) this.#isStored = false;
  }

  // -- the world around

  #beat = (): void => {
    if (this.#hello === null) return;
    this.#connection.send(HEARTBEAT_FRAME);
    // Peers forget a cursor after 30 s; the timer of y-protocols sleeps in a background tab, this one does not.
    this.awareness.setLocalState(this.awareness.getLocalState());
  };

  #onReach = (isOnline: boolean): void => {
    this.#facts.isOnline = isOnline;
    this.#changed();
  };

  #onUnload = (event: BeforeUnloadEvent): void => {
    this.#flush();
    // Offline, what is kept on this device needs no question.
    if (this.#facts.unsaved > 0 && (this.#isAnswered || !this.#isStored)) event.preventDefault();
  };

  /** Messages come far more often than anything of this changes: nobody is told for nothing. */
  #changed(): void {
    const next = this.#look();
    if (isSame(this.#snapshot, next)) return;
    this.#snapshot = next;
    for (const listener of this.#listeners) listener();
  }

  #look(): Snapshot {
    const facts = this.#facts;
    const isReady = facts.wasSynced || facts.isCached;
    const isEnded = facts.isOlder || facts.isOtherGeneration || isFinal(facts.closedWith ?? 0);
    const canWrite = facts.role === null ? this.#mayWriteAlone : mayWrite(facts.role);
    return {
      status: statusOf(facts, Date.now()),
      isReady,
      canEdit: isReady && canWrite && !isEnded,
      isStored: this.#isStored,
      user: this.#hello?.user ?? null,
      role: facts.role,
    };
  }
}

function isSame(a: Snapshot, b: Snapshot): boolean {
  return (
    a.isReady === b.isReady &&
    a.canEdit === b.canEdit &&
    a.isStored === b.isStored &&
    a.user === b.user &&
    a.role === b.role &&
    isSameStatus(a.status, b.status)
  );
}
