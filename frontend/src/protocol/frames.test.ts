/** The wire as both sides read it: the same vectors are read by the server's tests. */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import frames from "../../../shared/vectors/frames.json";
import lib0 from "../../../shared/vectors/lib0.json";
import { HEARTBEAT_FRAME, readMessage, writeSync } from "./frames";

const bytesOf = (hex: string) =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hexOf = (bytes: Uint8Array) =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

interface Decoded {
  kind: string;
  step?: string;
  payload?: string;
  event?: string;
  data?: unknown;
  count?: number;
  reason?: string;
}

const ALL = frames.frames as { name: string; hex: string; decoded: Decoded }[];
const of = (...kinds: string[]) => ALL.filter(({ decoded }) => kinds.includes(decoded.kind));

describe("golden messages", () => {
  test("there are some of every kind", () => {
    const kinds = ["sync", "awareness", "auth", "query awareness", "control", "saved", "heartbeat"];
    expect(new Set(ALL.map(({ decoded }) => decoded.kind))).toEqual(new Set(kinds));
  });

  test.each(of("sync"))("$name", ({ hex, decoded }) => {
    const message = readMessage(bytesOf(hex));
    expect(message.kind).toBe(decoded.step);
    if (!("bytes" in message)) throw new Error("a sync message has bytes");
    expect(hexOf(message.bytes)).toBe(decoded.payload);
    const step = ["step1", "step2", "update"].indexOf(decoded.step ?? "");
    expect(hexOf(writeSync(step, message.bytes))).toBe(hex);
  });

  test.each(of("saved"))("$name", ({ hex, decoded }) => {
    expect(readMessage(bytesOf(hex))).toEqual({ kind: "saved", count: decoded.count });
  });

  test.each(of("auth"))("$name", ({ hex, decoded }) => {
    expect(readMessage(bytesOf(hex))).toEqual({ kind: "denied", reason: decoded.reason });
  });

  test.each(of("control"))("$name", ({ hex, decoded }) => {
    const message = readMessage(bytesOf(hex));
    if (decoded.event === "refused") {
      expect(message).toEqual({ kind: "refused", refusal: decoded.data });
    } else {
      expect(message).toEqual({ kind: "storage", ...(decoded.data as object) });
    }
  });

  test.each(of("heartbeat"))("$name", ({ hex }) => {
    expect(hexOf(HEARTBEAT_FRAME)).toBe(hex);
    expect(readMessage(bytesOf(hex))).toEqual({ kind: "other" });
  });

  test("the update among them is what Yjs itself reads", () => {
    const doc = new Y.Doc();
    for (const { decoded } of of("sync")) {
      if (decoded.step === "update") Y.applyUpdate(doc, bytesOf(decoded.payload ?? ""));
    }
    expect(doc.getText("t").toString()).toBe("hé");
  });
});

/** The server is stricter than the page, which must live with the messages of a newer server. */
const LENIENT = ["length not in its shortest form", "unknown type", "truncated awareness"];

test.each(frames.rejects.filter(({ name }) => !LENIENT.includes(name)))(
  "not a message: $name",
  ({ hex }) => {
    expect(() => readMessage(bytesOf(hex))).toThrow();
  },
);

describe("lib0 writes and reads as the server does", () => {
  test.each(lib0.var_uint)("$value", ({ hex, value }) => {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, value);
    expect(hexOf(encoding.toUint8Array(encoder))).toBe(hex);
    expect(decoding.readVarUint(decoding.createDecoder(bytesOf(hex)))).toBe(value);
  });

  test.each(lib0.var_string)("$hex", ({ hex, value }) => {
    const encoder = encoding.createEncoder();
    encoding.writeVarString(encoder, value);
    expect(hexOf(encoding.toUint8Array(encoder))).toBe(hex);
    expect(decoding.readVarString(decoding.createDecoder(bytesOf(hex)))).toBe(value);
  });
});
