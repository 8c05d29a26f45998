/** Whether a value is what liveSchema.ts says: of JSON Schema the little that the schema of `/live` uses. */
import { TYPES } from "./liveSchema";

export interface Shape {
  ref?: string;
  anyOf?: Shape[];
  enum?: unknown[];
  type?: string;
  properties?: Record<string, Shape>;
  required?: string[];
  additionalProperties?: boolean | Shape;
  items?: Shape;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
}

/**
 * Where a value is something else, as a path; null where it is not.
 *
 * `isExact`: fields of which the schema does not know are wrong too. What a newer server says has some.
 */
export function misfit(type: string, value: unknown, isExact: boolean): string | null {
  return find({ ref: type }, value, "data", isExact);
}

function find(shape: Shape, value: unknown, at: string, isExact: boolean): string | null {
  if (shape.ref !== undefined) return find(typeOf(shape.ref), value, at, isExact);
  if (shape.anyOf !== undefined) return findAny(shape.anyOf, value, at, isExact);
  if (shape.enum !== undefined) return shape.enum.includes(value) ? null : at;
  switch (shape.type) {
    case "object":
      return isObject(value) ? findInObject(shape, value, at, isExact) : at;
    case "array":
      return Array.isArray(value) ? findInArray(shape, value, at, isExact) : at;
    case "string":
      return typeof value === "string" && fitsText(shape, value) ? null : at;
    case "integer":
      return Number.isInteger(value) && fitsNumber(shape, value as number) ? null : at;
    case "number":
      return typeof value === "number" && fitsNumber(shape, value) ? null : at;
    case "boolean":
      return typeof value === "boolean" ? null : at;
    case "null":
      return value === null ? null : at;
  }
  return null;
}

function typeOf(name: string): Shape {
  const found = (TYPES as unknown as Record<string, Shape>)[name];
  if (found === undefined) throw new Error(`the schema has no type ${name}`);
  return found;
}

function findAny(shapes: Shape[], value: unknown, at: string, isExact: boolean): string | null {
  let deepest = at;
  for (const shape of shapes) {
    const found = find(shape, value, at, isExact);
    if (found === null) return null;
    if (found.length > deepest.length) deepest = found;
  }
  return deepest;
}

function findInObject(shape: Shape, value: Record<string, unknown>, at: string, isExact: boolean) {
  for (const name of shape.required ?? []) if (!(name in value)) return `${at}.${name}`;
  for (const [name, each] of Object.entries(value)) {
    const known = Object.hasOwn(shape.properties ?? {}, name)
      ? shape.properties?.[name]
      : undefined;
    const other =
      typeof shape.additionalProperties === "object" ? shape.additionalProperties : null;
    if (known === undefined && other === null) {
      if (isExact && shape.additionalProperties === false) return `${at}.${name}`;
      continue;
    }
    const found = find(known ?? (other as Shape), each, `${at}.${name}`, isExact);
    if (found !== null) return found;
  }
  return null;
}

function findInArray(shape: Shape, value: unknown[], at: string, isExact: boolean): string | null {
  if (value.length > (shape.maxItems ?? Number.POSITIVE_INFINITY)) return at;
  for (const [index, each] of value.entries()) {
    const found = find(shape.items ?? {}, each, `${at}.${index}`, isExact);
    if (found !== null) return found;
  }
  return null;
}

function fitsText({ pattern, minLength = 0, maxLength }: Shape, value: string): boolean {
  // Characters, as Python counts them: an emoji is one.
  const length = minLength > 0 || maxLength !== undefined ? [...value].length : 0;
  if (length < minLength || length > (maxLength ?? length)) return false;
  return pattern === undefined || new RegExp(pattern, "u").test(value);
}

function fitsNumber({ minimum, maximum }: Shape, value: number): boolean {
  return value >= (minimum ?? value) && value <= (maximum ?? value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
