/** The JSON events of `/live`, checked: what does not fit is never half believed. */
import { type Commands, EVENT_TYPES, type Events } from "./liveSchema";
import { misfit } from "./shape";

export type { Commands, Events } from "./liveSchema";

/** What the server says. `topic` and `seq` come with what has a place in the log of a topic. */
export type LiveEvent = {
  [Name in keyof Events]: {
    event: Name;
    data: Events[Name];
    topic?: string;
    seq?: number;
    ts: number;
  };
}[keyof Events];

/**
 * The events of one message, in order. What a newer server says, and what is not as it should be, is left out; where
 * it has a place in a log it is noted, so that what follows is not taken for a gap. Throws for what is no message.
 */
export function readLive(text: string, onMisfit: (problem: Error) => void): LiveEvent[] {
  const said = JSON.parse(text) as unknown;
  return (Array.isArray(said) ? said : [said])
    .map((each) => read(each, onMisfit))
    .filter((event) => event !== null);
}

function read(said: unknown, onMisfit: (problem: Error) => void): LiveEvent | null {
  const { event, data, topic, seq, ts = 0 } = said as Record<string, unknown>;
  if (typeof event !== "string") throw new Error("an event with a name was expected");
  const place = typeof topic === "string" && typeof seq === "number" ? { topic, seq } : {};
  const type = Object.hasOwn(EVENT_TYPES, event) ? EVENT_TYPES[event] : undefined;
  const wrong = type === undefined ? "event" : misfit(type, data, false);
  if (wrong === null) return { event, data, ...place, ts: Number(ts) } as LiveEvent;
  if (type !== undefined)
    onMisfit(new Error(`${event} has something else in ${wrong} than was expected`));
  return "seq" in place ? { event: "noted", data: {}, ...place, ts: Number(ts) } : null;
}

export function writeLive<Name extends keyof Commands>(
  event: Name,
  data: Commands[Name],
  id?: string,
): string {
  return JSON.stringify(id === undefined ? { event, data } : { event, data, id });
}
