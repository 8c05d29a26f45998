/** y-protocols messages and Quillroom's own kinds; the same table as `protocol/frames.py`. */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { type Control, readControl } from "./control";

export type { Hello, Person, Refusal, Role } from "./control";

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

export type Message =
  | { kind: "step1" | "step2" | "update" | "awareness"; bytes: Uint8Array }
  | { kind: "saved"; count: number }
  | { kind: "denied"; reason: string }
  | Control;

const STEPS = ["step1", "step2", "update"] as const;

/**
 * The one message that a frame of the server holds; kinds of a newer server are "other".
 * Throws for bytes that are no message.
 */
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
