/** The JSON events of control messages, checked field by field: what does not fit is never half believed. */
export interface Person {
  id: string;
  name: string;
  colour: string;
  /** The address of a picture; without one, initials are shown. */
  avatar?: string | null;
}

/** Lowest first; only the last two may write. */
export const ROLES = ["view", "comment", "edit", "manage"] as const;
export type Role = (typeof ROLES)[number];

export function mayWrite(role: Role | null): boolean {
  return role === "edit" || role === "manage";
}

export interface Hello {
  schema: number;
  generation: string;
  role: Role;
  why: string | null;
  user: Person;
  saving: string | null;
}

export interface Refusal {
  count: number;
  code: string;
  message: string;
}

export type Control =
  | { kind: "hello"; hello: Hello }
  | { kind: "refused"; refusal: Refusal }
  | { kind: "role"; role: Role }
  | { kind: "storage"; saving: string | null }
  | { kind: "other" };

/** Events of a newer server are "other". Throws when a known event lacks what it must have. */
export function readControl(text: string): Control {
  const { event, data } = asRecord(JSON.parse(text));
  if (event === "hello") return { kind: "hello", hello: asHello(asRecord(data)) };
  if (event === "refused") return { kind: "refused", refusal: asRefusal(asRecord(data)) };
  if (event === "role") return { kind: "role", role: asRole(asRecord(data).role) };
  if (event === "storage") return { kind: "storage", saving: asReason(asRecord(data).saving) };
  return { kind: "other" };
}

type Fields = Record<string, unknown>;

function asHello(data: Fields): Hello {
  return {
    schema: asNumber(data.schema),
    generation: asText(data.generation),
    role: asRole(data.role),
    why: asReason(data.why),
    user: asPerson(asRecord(data.user)),
    saving: asReason(data.saving),
  };
}

function asPerson({ id, name, colour, avatar }: Fields): Person {
  return { id: asText(id), name: asText(name), colour: asText(colour), avatar: asReason(avatar) };
}

function asRefusal(data: Fields): Refusal {
  return { count: asNumber(data.count), code: asText(data.code), message: asText(data.message) };
}

/** A role that this bundle does not know must not become a right to write. */
function asRole(value: unknown): Role {
  return ROLES.find((each) => each === value) ?? "view";
}

function asRecord(value: unknown): Fields {
  if (typeof value !== "object" || value === null) throw wrong("an object", value);
  return value as Fields;
}

function asText(value: unknown): string {
  if (typeof value !== "string") throw wrong("a text", value);
  return value;
}

function asNumber(value: unknown): number {
  if (typeof value !== "number") throw wrong("a number", value);
  return value;
}

function asReason(value: unknown): string | null {
  return value === null || value === undefined ? null : asText(value);
}

function wrong(expected: string, value: unknown): Error {
  return new Error(`${expected} was expected in a control message, not ${JSON.stringify(value)}`);
}
