/** Which pages are unfolded, remembered for each person in this browser. */
import { keep, readKept } from "../../ui/kept";
import { Store } from "../../ui/store";

const isIds = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string");

let owner = "";
export const expanded = new Store<ReadonlySet<string>>(new Set());

/** From here on it is this person's. */
export function expandedBelongsTo(person: string): void {
  if (owner === person) return;
  owner = person;
  expanded.set(new Set(readKept(`expanded:${person}`, [], isIds)));
}

export function setExpanded(ids: readonly string[], isExpanded: boolean): void {
  const next = new Set(expanded.get());
  for (const id of ids) {
    if (isExpanded) next.add(id);
    else next.delete(id);
  }
  expanded.set(next);
  keep(`expanded:${owner}`, [...next]);
}
