/** For tests: the server's side of one document, said line by line, on sockets that go nowhere. */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import * as Y from "yjs";
import type { Role } from "../protocol/control";
import {
  AWARENESS,
  CONTROL,
  HEARTBEAT,
  SAVED,
  STEP1,
  STEP2,
  SYNC,
  UPDATE,
  writeAwareness,
  writeSync,
} from "../protocol/frames";

export class FakeSocket {
  static readonly OPEN = 1;
  readyState = FakeSocket.OPEN;
  binaryType = "blob";
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  /** What the page sent and what was not yet looked at. */
  readonly sent: Uint8Array[] = [];
  closedWith: number | null = null;

  constructor(readonly url: string) {}

  send(frame: Uint8Array): void {
    this.sent.push(frame);
  }

  close(code = 1005): void {
    this.readyState = 3;
    this.closedWith = code;
  }
}

interface HelloFields {
  schema?: number;
  generation?: string;
  role?: Role;
  why?: string | null;
  saving?: string | null;
}

export class FakeServer {
  /** What the server has committed. */
  readonly doc = new Y.Doc();
  readonly sockets: FakeSocket[] = [];

  createSocket = (url: string): WebSocket => {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return socket as unknown as WebSocket;
  };

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("nobody has connected");
    return socket;
  }

  says(frame: Uint8Array): void {
    this.socket.onmessage?.({ data: frame.slice().buffer });
  }

  control(event: string, data: unknown): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, CONTROL);
    encoding.writeVarString(encoder, JSON.stringify({ event, data }));
    this.says(encoding.toUint8Array(encoder));
  }

  hello(fields: HelloFields = {}): void {
    const user = { id: "ann", name: "Ann", colour: "#2F5BD7" };
    const usual = { schema: 1, generation: "g1", role: "edit", why: null, saving: null };
    this.control("hello", { ...usual, user, limits: { frame_bytes: 1 }, ...fields });
  }

  asks(): void {
    this.says(writeSync(STEP1, Y.encodeStateVector(this.doc)));
  }

  gives(): void {
    this.says(writeSync(STEP2, Y.encodeStateAsUpdate(this.doc)));
  }

  relays(update: Uint8Array): void {
    this.says(writeSync(UPDATE, update));
  }

  saved(count: number): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SAVED);
    encoding.writeVarUint(encoder, count);
    this.says(encoding.toUint8Array(encoder));
  }

  showsCursors(bytes: Uint8Array): void {
    this.says(writeAwareness(bytes));
  }

  closes(code: number): void {
    const socket = this.socket;
    socket.readyState = 3;
    socket.onclose?.({ code });
  }

  /** The whole greeting of a writer, up to the first acknowledgement. */
  welcomes(): void {
    this.hello();
    this.asks();
    this.gives();
    this.commits();
  }

  /** Takes and acknowledges all update messages of this connection. */
  commits(): void {
    for (const update of this.updates()) Y.applyUpdate(this.doc, update);
    this.saved(this.updates().length);
  }

  /** The step2 and update messages of this connection, in order. */
  updates(): Uint8Array[] {
    return this.messages()
      .filter(({ kind, step }) => kind === SYNC && step !== STEP1)
      .map(({ bytes }) => bytes);
  }

  /** What the page sent on this connection, by name. */
  heard(): string[] {
    return this.messages().map(nameOf);
  }

  cursors(): Uint8Array[] {
    return this.messages()
      .filter(({ kind }) => kind === AWARENESS)
      .map(({ bytes }) => bytes);
  }

  private messages(): Sent[] {
    return this.socket.sent.map(read);
  }
}

interface Sent {
  kind: number;
  step: number;
  bytes: Uint8Array;
}

function read(frame: Uint8Array): Sent {
  const decoder = decoding.createDecoder(frame);
  const kind = decoding.readVarUint(decoder);
  const step = kind === SYNC ? decoding.readVarUint(decoder) : -1;
  const hasBytes = kind === SYNC || kind === AWARENESS;
  return { kind, step, bytes: hasBytes ? decoding.readVarUint8Array(decoder) : new Uint8Array() };
}

function nameOf({ kind, step }: Sent): string {
  if (kind === SYNC) return ["step1", "step2", "update"][step] ?? "?";
  if (kind === AWARENESS) return "awareness";
  return kind === HEARTBEAT ? "heartbeat" : "?";
}
