import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, test, vi } from "vitest";
import { ANN, FakeServer, FakeWire } from "./fakeChat";
import { Outbox } from "./outbox";
import { ChatStorage, hasUnsent } from "./storage";

let server: FakeServer;
let wire: FakeWire;

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  server = new FakeServer();
  wire = new FakeWire(server, ANN);
});

async function opens(now = () => 1000): Promise<Outbox> {
  const storage = new ChatStorage("ann");
  const outbox = new Outbox({ person: "ann", wire, storage, now, locks: undefined });
  outbox.open();
  await outbox.isLoaded;
  return outbox;
}

const says = (outbox: Outbox, text: string) =>
  outbox.add({ document: "d", text, quote: null, replyTo: null, files: [] });
const texts = () => server.ordered().map(({ text }) => text);
const empty = (outbox: Outbox) => vi.waitFor(() => expect(outbox.getEntries()).toEqual([]));

test("what was said offline, over a reload, is sent once and in order when the line is back", async () => {
  wire.cut();
  const before = await opens();
  await says(before, "one");
  await says(before, "two");
  before.close();
  const after = await opens();
  expect(after.getEntries().map(({ text, state }) => [text, state])).toEqual([
    ["one", "queued"],
    ["two", "queued"],
  ]);
  await says(after, "three");
  wire.mend();
  await empty(after);
  expect(texts()).toEqual(["one", "two", "three"]);
  expect(await hasUnsent("ann")).toBe(false);
});

test("an answer that was lost makes no second copy", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  server.losesAnswer = true;
  const outbox = await opens();
  await says(outbox, "once");
  await vi.waitFor(async () => {
    await vi.advanceTimersByTimeAsync(600);
    expect(outbox.getEntries()).toEqual([]);
  });
  vi.useRealTimers();
  expect(texts()).toEqual(["once"]);
});

test("a no is a no: it fails with its reason, the next one goes on, and it can be tried again or deleted", async () => {
  const outbox = await opens();
  server.refusals = ["not_allowed"];
  await says(outbox, "forbidden");
  await says(outbox, "allowed");
  await vi.waitFor(() => expect(texts()).toEqual(["allowed"]));
  await vi.waitFor(() =>
    expect(outbox.getEntries()).toMatchObject([
      { state: "failed", failure: { code: "not_allowed" } },
    ]),
  );
  const [failed] = outbox.getEntries();
  await outbox.retry(failed?.clientId ?? "");
  await empty(outbox);
  expect(texts()).toEqual(["allowed", "forbidden"]);
  expect(server.ordered()[1]?.client_id).toBe(failed?.clientId);
});

test("what waited for more than a day is not said without its author", async () => {
  wire.cut();
  let now = 1000;
  const outbox = await opens(() => now);
  await says(outbox, "good morning");
  now += 25 * 3600 * 1000;
  wire.mend();
  await vi.waitFor(() =>
    expect(outbox.getEntries()).toMatchObject([{ failure: { code: "too_old" } }]),
  );
  expect(texts()).toEqual([]);
  await outbox.discard(outbox.getEntries()[0]?.clientId ?? "");
  expect(await hasUnsent("ann")).toBe(false);
});

test("two windows without locks send the same message, and there is one", async () => {
  wire.cut();
  const one = await opens();
  await says(one, "hello");
  const other = await opens();
  wire.mend();
  await empty(one);
  await empty(other);
  expect(texts()).toEqual(["hello"]);
});

test("a message stays in sight while it is written down", async () => {
  wire.cut();
  const outbox = await opens();
  const written = says(outbox, "here");
  expect(outbox.getEntries()).toHaveLength(1);
  wire.mend();
  await written;
  await empty(outbox);
  expect(texts()).toEqual(["here"]);
});
