/** y-protocols messages and Quillroom's own kinds; the same table as `protocol/frames.py`. */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";

export const SYNC = 0;
export const AWARENESS = 1;
export const AUTH = 2;
export const QUERY_AWARENESS = 3;
export const CONTROL = 100;
export const SAVED = 101;
export const HEARTBEAT = 102;

export const STEP1 = 0;
export const STEP2 = 1;
export const UPDATE = 2;

export interface Person {
  id: string;
  name: string;
  colour: string;
}

export interface Hello {
  schema: number;
  generation: string;
  role: "edit" | "view";
  why: null | "schema" | "asked" | "not_allowed";
  user: Person;
  saving: string | null;
}

export interface Refusal {
  count: number;
  code: string;
  message: string;
}

export type Message =
  | { kind: "step1" | "step2" | "update" | "awareness"; bytes: Uint8Array }
  | { kind: "hello"; hello: Hello }
  | { kind: "refused"; refusal: Refusal }
  | { kind: "storage"; saving: string | null }
  | { kind: "saved"; count: number }
  | { kind: "denied"; reason: string }
  | { kind: "other" };

const STEPS = ["step1", "step2", "update"] as const;

/** The one message that a frame of the server holds. Throws for bytes that are none. */
export function readMessage(frame: Uint8Array): Message {
  const decoder = decoding.createDecoder(frame);
  const kind = decoding.readVarUint(decoder);
  if (kind === SYNC) {
    const step = STEPS[decoding.readVarUint(decoder)];
    if (step === undefined) throw new Error("a sync step of 0, 1 or 2 was expected");
    return { kind: step, bytes: decoding.readVarUint8Array(decoder) };
  }
  if (kind === AWARENESS) return { kind: "awareness", bytes: decoding.readVarUint8Array(decoder) };
  if (kind === SAVED) return { kind: "saved", count: decoding.readVarUint(decoder) };
  if (kind === AUTH) {
    decoding.readVarUint(decoder);
    return { kind: "denied", reason: decoding.readVarString(decoder) };
  }
  if (kind === CONTROL) return readControl(decoding.readVarString(decoder));
  return { kind: "other" };
}

function readControl(text: string): Message {
  const { event, data } = JSON.parse(text) as { event: string; data: unknown };
  if (event === "hello") return { kind: "hello", hello: data as Hello };
  if (event === "refused") return { kind: "refused", refusal: data as Refusal };
  if (event === "storage") return { kind: "storage", saving: (data as Hello).saving };
  return { kind: "other" };
}

export function writeSync(step: number, bytes: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, SYNC);
  encoding.writeVarUint(encoder, step);
  encoding.writeVarUint8Array(encoder, bytes);
  return encoding.toUint8Array(encoder);
}

export function writeAwareness(bytes: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, AWARENESS);
  encoding.writeVarUint8Array(encoder, bytes);
  return encoding.toUint8Array(encoder);
}

export const HEARTBEAT_FRAME = new Uint8Array([HEARTBEAT]);

/** Codes after which a client must not come back by itself (see `protocol/closes.py`). */
export function isFinal(code: number): boolean {
  return code >= 4400 && code < 4500;
}
