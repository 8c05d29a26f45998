/** What became of an own message, by how far the others came. */
import type { Receipt } from "../../protocol/message";

export type Delivery =
  | { name: "sent" }
  | { name: "delivered" }
  /** Ids of those who have read it. */
  | { name: "read"; people: string[] };

export type Receipts = ReadonlyMap<string, Receipt>;

export function deliveryOf(seq: number, receipts: Receipts, author: string): Delivery {
  const others = [...receipts.values()].filter(({ person }) => person !== author);
  const people = others.filter(({ read }) => read >= seq).map(({ person }) => person);
  if (people.length > 0) return { name: "read", people };
  return { name: others.some(({ delivered }) => delivered >= seq) ? "delivered" : "sent" };
}

/** Cursors only move on: what comes late changes nothing. */
export function withReceipts(receipts: Receipts, given: readonly Receipt[]): Receipts {
  const next = new Map(receipts);
  for (const { person, delivered, read } of given) {
    const known = next.get(person);
    next.set(person, {
      person,
      // Whoever has read it has it, on whichever device.
      delivered: Math.max(known?.delivered ?? 0, delivered, read),
      read: Math.max(known?.read ?? 0, read),
    });
  }
  return next;
}
