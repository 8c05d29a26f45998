/** The JSON events of `/live`, checked: what does not fit is never half believed. */
import { ROLES, type Role } from "./control";

export type LiveEvent =
  | { kind: "hello" }
  | { kind: "pages" }
  | { kind: "session" }
  | { kind: "favourites" }
  | { kind: "access"; document: string; role: Role | null }
  | { kind: "other" };

/** Events of a newer server are "other". Throws for what is no event at all. */
export function readLive(text: string): LiveEvent {
  const { event, data } = JSON.parse(text) as { event?: unknown; data?: Record<string, unknown> };
  if (typeof event !== "string") throw new Error("an event with a name was expected");
  switch (event) {
    case "hello":
      return { kind: "hello" };
    case "pages.changed":
      return { kind: "pages" };
    case "session.changed":
      return { kind: "session" };
    case "favourites.changed":
      return { kind: "favourites" };
    case "access.changed": {
      if (typeof data?.document !== "string") throw new Error("access.changed names its document");
      const role = ROLES.find((each) => each === data.role) ?? null;
      return { kind: "access", document: data.document, role };
    }
  }
  return { kind: "other" };
}

export const PING = JSON.stringify({ event: "ping", data: {} });
