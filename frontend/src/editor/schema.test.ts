import { getSchema } from "@tiptap/core";
import { expect, test } from "vitest";
import yTiptap from "../../../node_modules/@tiptap/y-tiptap/package.json";
import shared from "../../../shared/document-schema.json";
import { SCHEMA_VERSION, schemaExtensions } from "./extensions";

interface Shared {
  version: number;
  nodes: Record<
    string,
    { content?: string; group?: string; attrs?: Record<string, { default: unknown }> }
  >;
  marks: Record<string, { attrs?: Record<string, { default: unknown }> }>;
}

const said = shared as Shared;
const schema = getSchema(schemaExtensions());

function defaults(attrs: Record<string, { default?: unknown }> | undefined | null) {
  return Object.fromEntries(
    Object.entries(attrs ?? {}).map(([name, { default: value }]) => [name, value]),
  );
}

test("the editor and the server know the same version, nodes and marks", () => {
  expect(said.version).toBe(SCHEMA_VERSION);
  expect(Object.keys(schema.nodes).sort()).toEqual(Object.keys(said.nodes).sort());
  expect(Object.keys(schema.marks).sort()).toEqual(Object.keys(said.marks).sort());
});

test.each(Object.keys(said.nodes))("the node %s has the same content and attributes", (name) => {
  const spec = schema.nodes[name]?.spec;
  expect(spec?.content ?? "").toBe(said.nodes[name]?.content ?? "");
  expect(defaults(spec?.attrs)).toEqual(defaults(said.nodes[name]?.attrs));
});

test.each(Object.keys(said.marks))("the mark %s has the same attributes", (name) => {
  expect(Object.keys(schema.marks[name]?.spec.attrs ?? {}).sort()).toEqual(
    Object.keys(said.marks[name]?.attrs ?? {}).sort(),
  );
});

test("y-tiptap stays at 3.0.5: later ones reverse what two people type in one paragraph", () => {
  expect(yTiptap.version).toBe("3.0.5");
});
