import { expect, test, vi } from "vitest";
import examples from "../../../shared/live-examples.json";
import { type LiveEvent, readLive } from "./live";
import { COMMAND_TYPES, EVENT_TYPES, PLACED } from "./liveSchema";
import { misfit } from "./shape";

interface Examples {
  valid: unknown[];
  invalid: { why: string; data: unknown }[];
}

// The same that the server's tests are held against.
const { commands, events } = examples as Record<"commands" | "events", Record<string, Examples>>;

const typeOf = (types: Record<string, string>, name: string) => types[name] as string;

for (const [types, ours] of [
  [COMMAND_TYPES, commands],
  [EVENT_TYPES, events],
] as const) {
  test.each(Object.entries(ours))("%s is taken as both sides say it", (name, { valid }) => {
    for (const data of valid) expect(misfit(typeOf(types, name), data, true)).toBeNull();
  });

  test.each(
    Object.entries(ours).flatMap(([name, { invalid }]) =>
      invalid.map(({ why, data }) => [name, why, data] as const),
    ),
  )("%s with %s is not", (name, _, data) => {
    expect(misfit(typeOf(types, name), data, true)).not.toBeNull();
  });
}

test("there is an example of everything", () => {
  expect(Object.keys(commands).sort()).toEqual(Object.keys(COMMAND_TYPES).sort());
  expect(Object.keys(events).sort()).toEqual(Object.keys(EVENT_TYPES).sort());
});

const said = (event: string, data: unknown, more = {}) => ({ event, data, ts: 1, ...more });
const reads = (what: unknown): { events: LiveEvent[]; problems: string[] } => {
  const onMisfit = vi.fn();
  const found = readLive(JSON.stringify(what), onMisfit);
  return { events: found, problems: onMisfit.mock.calls.map(([problem]) => String(problem)) };
};

test("one event or several, in their order", () => {
  expect(reads(said("pages.changed", {})).events).toHaveLength(1);
  const both = [said("pages.changed", {}), said("noted", {}, { topic: "doc:d", seq: 1 })];
  expect(reads(both).events.map(({ event }) => event)).toEqual(["pages.changed", "noted"]);
});

test("what a newer server adds to an event is no fault", () => {
  const { events, problems } = reads(said("unfollowed", { topic: "t", why: "gone", since: 1 }));
  expect([events.length, problems]).toEqual([1, []]);
});

test.each(PLACED.filter((name) => name !== "noted"))(
  "%s that is not as it should be leaves no gap",
  (event) => {
    const { events, problems } = reads(said(event, { message: "?" }, { topic: "doc:d", seq: 4 }));
    expect(events).toEqual([{ event: "noted", data: {}, topic: "doc:d", seq: 4, ts: 1 }]);
    expect(problems).toHaveLength(1);
  },
);

test("what a newer server tells of a topic is noted, what it says otherwise is left out", () => {
  const what = [
    said("poll.begun", {}, { topic: "doc:d", seq: 4 }),
    said("weather", {}),
    said("toString", {}),
  ];
  const { events, problems } = reads(what);
  expect(events.map(({ event, seq }) => [event, seq])).toEqual([["noted", 4]]);
  expect(problems).toEqual([]);
});

test("what is no event at all is said so", () => {
  for (const what of [1, null, "x", {}, [[]]]) {
    expect(() => readLive(JSON.stringify(what), () => {})).toThrow();
  }
  expect(() => readLive("{", () => {})).toThrow();
});
