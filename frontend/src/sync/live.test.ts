import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LiveEvent } from "../protocol/live";
import { FakeSocket } from "./fakeServer";
import type { Cursor, TopicEvent } from "./following";
import { Live } from "./live";
import { Refused, Unanswered } from "./refused";

let sockets: FakeSocket[];
let heard: LiveEvent[];
let endings: number[];
let live: Live;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("Worker", undefined);
  sockets = [];
  heard = [];
  endings = [];
  live = new Live({
    url: "ws://here/live",
    onEvent: (event) => heard.push(event),
    onEnded: (code) => endings.push(code),
    createSocket: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
  });
  live.open();
});

afterEach(() => {
  live.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const latest = () => sockets.at(-1) as FakeSocket;
const hears = (...events: object[]) =>
  latest().onmessage?.({
    data: JSON.stringify(events.length === 1 ? events[0] : events),
  });
const says = (event: string, data: unknown = {}) => hears({ event, data, ts: 1 });
const closes = (code: number) => latest().onclose?.({ code });
const USER = { id: "ann", name: "Ann", colour: "#2F5BD7", avatar: null };
const greets = () => says("hello", { user: USER, epoch: "e1" });
const said = () => latest().sent.map((text) => JSON.parse(String(text)));
const entry = (seq: number, topic = "doc:d") => ({ event: "noted", data: {}, topic, seq, ts: 1 });

test("what the server says is handed on, and what it will say one day is no fault", () => {
  greets();
  says("pages.changed");
  says("access.changed", { document: "d1", role: "view" });
  says("access.changed", { document: "d1", role: null, since: "a newer server" });
  says("weather.changed", { is: "fine" });
  expect(heard.map(({ event }) => event)).toEqual([
    "hello",
    "pages.changed",
    "access.changed",
    "access.changed",
  ]);
});

test("an event that cannot be read ends nothing, nor do those beside it", () => {
  const complain = vi.spyOn(console, "error").mockImplementation(() => {});
  greets();
  latest().onmessage?.({ data: "{" });
  hears({ event: "access.changed", data: {} }, { event: "pages.changed", data: {}, ts: 1 });
  expect(heard.map(({ event }) => event)).toEqual(["hello", "pages.changed"]);
  expect(complain).toHaveBeenCalledTimes(2);
  complain.mockRestore();
});

test("only after the hello one can rely on being told, and no longer once it is lost", () => {
  const changes: boolean[] = [];
  live.subscribe(() => changes.push(live.getIsConnected()));
  expect(live.getIsConnected()).toBe(false);
  greets();
  closes(1006);
  expect(changes).toEqual([true, false]);
});

test("a lost connection is made anew, ever more slowly", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.999);
  greets();
  closes(1012);
  await vi.advanceTimersByTimeAsync(200);
  expect(sockets).toHaveLength(2);
  closes(1006);
  await vi.advanceTimersByTimeAsync(450);
  expect(sockets).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(100);
  expect(sockets).toHaveLength(3);
  vi.mocked(Math.random).mockRestore();
});

test("a connection that was ended for good stays ended, and the page is told why", async () => {
  greets();
  closes(4401);
  await vi.advanceTimersByTimeAsync(60_000);
  window.dispatchEvent(new Event("online"));
  expect(sockets).toHaveLength(1);
  expect(endings).toEqual([4401]);
});

test("a server that no longer answers is left for another try", async () => {
  greets();
  const silent = latest();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(silent.sent.map(String)).toEqual(['{"event":"ping","data":{}}']);
  await vi.advanceTimersByTimeAsync(31_000);
  expect(silent.closedWith).not.toBeNull();
  expect(sockets.length).toBeGreaterThan(1);
});

interface Told {
  seqs: number[];
  heads: [Cursor, boolean][];
  ends: string[];
}

/** Someone who follows and keeps what was told. */
function follows(
  topic = "doc:d",
  cursor: Cursor | null = { seq: 3, epoch: "e1" },
): Told & { stop: () => void } {
  const told: Told = { seqs: [], heads: [], ends: [] };
  const stop = live.follow(topic, {
    cursor: () => cursor,
    onEvents: (events: readonly TopicEvent[]) => told.seqs.push(...events.map(({ seq }) => seq)),
    onFollowed: (head, isReset) => told.heads.push([head, isReset]),
    onEnded: (why) => told.ends.push(why),
  });
  return { ...told, stop };
}

const asked = () => said().filter(({ event }) => event === "follow");
const followed = (seq: number, is_reset = false) =>
  says("ack", { id: asked().at(-1)?.id, topic: "doc:d", seq, epoch: "e1", is_reset });

test("who follows is told what was missed, then everything, each once and in order", () => {
  const told = follows();
  greets();
  expect(asked()[0].data).toEqual({ topic: "doc:d", after: 3, epoch: "e1" });
  hears(entry(4), entry(5));
  followed(5);
  hears(entry(6));
  hears(entry(6));
  expect(told.seqs).toEqual([4, 5, 6]);
  expect(told.heads).toEqual([[{ seq: 5, epoch: "e1" }, false]]);
});

test("after a cut one goes on from the last that was handed on", async () => {
  const told = follows();
  greets();
  followed(3);
  hears(entry(4));
  closes(1006);
  await vi.advanceTimersByTimeAsync(1000);
  greets();
  expect(asked()[0].data).toEqual({ topic: "doc:d", after: 4, epoch: "e1" });
  hears(entry(5));
  followed(5);
  expect(told.seqs).toEqual([4, 5]);
});

test("where one is missing it is asked for, and nothing behind it is handed on before", async () => {
  const told = follows();
  greets();
  followed(3);
  await vi.advanceTimersByTimeAsync(1000);
  hears(entry(5), entry(6));
  expect(told.seqs).toEqual([]);
  expect(asked()[1].data.after).toBe(3);
  hears(entry(4), entry(5), entry(6));
  followed(6);
  expect(told.seqs).toEqual([4, 5, 6]);
});

test("that the last one was lost is found by the next heartbeat", async () => {
  const told = follows();
  greets();
  followed(3);
  await vi.advanceTimersByTimeAsync(1000);
  says("pong", { heads: { "doc:d": 3 } });
  expect(asked()).toHaveLength(1);
  says("pong", { heads: { "doc:d": 4 } });
  expect(asked()).toHaveLength(2);
  hears(entry(4));
  followed(4);
  expect(told.seqs).toEqual([4]);
});

test("a server that has forgotten that a topic is followed is told again", async () => {
  follows();
  greets();
  followed(3);
  await vi.advanceTimersByTimeAsync(1000);
  says("pong", { heads: {} });
  expect(asked()).toHaveLength(2);
});

test("a gap that is never filled is not asked for without a pause", async () => {
  follows();
  greets();
  followed(3);
  await vi.advanceTimersByTimeAsync(1000);
  for (let n = 0; n < 100; n++) {
    hears(entry(9));
    followed(9);
  }
  expect(asked().length).toBeLessThan(4);
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked().length).toBeLessThan(5);
});

test("what was of another log is said to be so, and what comes is told from there", () => {
  const told = follows();
  greets();
  followed(90, true);
  hears(entry(91));
  expect(told.heads).toEqual([[{ seq: 90, epoch: "e1" }, true]]);
  expect(told.seqs).toEqual([91]);
});

test("who begins with what comes needs no place", () => {
  const told = follows("doc:d", null);
  greets();
  expect(asked()[0].data).toEqual({ topic: "doc:d" });
  hears(entry(8));
  followed(8);
  hears(entry(9));
  expect(told.seqs).toEqual([8, 9]);
});

test("who may not, or no longer, is told so and not asked for again", async () => {
  const [gone, never] = [follows("doc:d"), follows("doc:x")];
  greets();
  says("error", { id: asked()[1].id, code: "not_found", message: "no" });
  followed(3);
  says("unfollowed", { topic: "doc:d", why: "access_ended" });
  expect([gone.ends, never.ends]).toEqual([["access_ended"], ["not_found"]]);
  closes(1006);
  await vi.advanceTimersByTimeAsync(1000);
  greets();
  expect(asked()).toEqual([]);
});

test("who was too slow for the server follows again from where they are", async () => {
  const told = follows();
  greets();
  followed(3);
  hears(entry(4));
  await vi.advanceTimersByTimeAsync(1000);
  says("unfollowed", { topic: "doc:d", why: "behind" });
  expect(asked()[1].data.after).toBe(4);
  greets();
  expect(told.ends).toEqual([]);
});

test("a command is answered by its id", async () => {
  greets();
  const [sent, refused] = [
    live.send("message.recall", { message: "m1" }),
    live.send("message.recall", { message: "m2" }),
  ];
  const [one, two] = said();
  says("error", { id: two.id, code: "too_late", message: "no" });
  says("ack", { id: one.id });
  await expect(sent).resolves.toEqual({ id: one.id });
  await expect(refused).rejects.toEqual(new Refused("too_late", "no"));
});

test("what was said and not answered is said again on the next connection, once and the same", async () => {
  greets();
  const sent = live.send("message.recall", { message: "m1" });
  const before = said()[0];
  closes(1006);
  await vi.advanceTimersByTimeAsync(1000);
  expect(said()).toEqual([]);
  greets();
  greets();
  expect(said()).toEqual([before]);
  says("ack", { id: before.id });
  await sent;
});

test("an edit is not said twice: nobody knows what came of it", async () => {
  greets();
  const edit = live.send("message.edit", { message: "m", revision: 1, text: "t" });
  closes(1006);
  await expect(edit).rejects.toEqual(new Unanswered("unknown_outcome"));
});

test("what waits for a connection is said when there is one, or given back", async () => {
  const [sent, late] = [
    live.send("message.recall", { message: "m1" }),
    live.send("message.recall", { message: "m2" }, 5000),
  ];
  const given = expect(late).rejects.toEqual(new Unanswered("not_sent"));
  await vi.advanceTimersByTimeAsync(6000);
  await given;
  greets();
  expect(said()).toHaveLength(1);
  says("ack", { id: said()[0].id });
  await sent;
});

test("a server in need is not asked again and again", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  greets();
  const answers = Array.from({ length: 100 }, (_, n) =>
    live.send("message.recall", { message: `m${n}` }, 300_000).catch(() => {}),
  );
  for (let round = 0; round < 40; round++) {
    for (const { id } of said().slice(-100))
      says("error", { id, code: "try_later", message: "no" });
    await vi.advanceTimersByTimeAsync(500);
  }
  // A tenth of what was said, ten at once, and one in ten seconds.
  expect(said().length - 100).toBeLessThanOrEqual(10 + 10 + 2);
  vi.mocked(Math.random).mockRestore();
  live.close();
  await Promise.all(answers);
});

test("what is only worth something now is not said later", async () => {
  live.tell("typing", { document: "d", is_typing: true });
  greets();
  expect(said()).toEqual([]);
  live.tell("typing", { document: "d", is_typing: true });
  expect(said()).toHaveLength(1);
});
