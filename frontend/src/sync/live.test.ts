import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LiveEvent } from "../protocol/live";
import { FakeSocket } from "./fakeServer";
import { Live } from "./live";

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
const says = (event: string, data: unknown = {}) =>
  latest().onmessage?.({ data: JSON.stringify({ event, data }) });
const closes = (code: number) => latest().onclose?.({ code });

test("what the server says is handed on, and what it will say one day is no fault", () => {
  says("hello", { user: {} });
  says("pages.changed");
  says("access.changed", { document: "d1", role: "view" });
  says("access.changed", { document: "d1", role: null });
  says("message.posted", { text: "later" });
  expect(heard).toEqual([
    { kind: "hello" },
    { kind: "pages" },
    { kind: "access", document: "d1", role: "view" },
    { kind: "access", document: "d1", role: null },
    { kind: "other" },
  ]);
});

test("an event that cannot be read ends nothing", () => {
  const complain = vi.spyOn(console, "error").mockImplementation(() => {});
  says("hello");
  latest().onmessage?.({ data: "{" });
  says("access.changed", {});
  says("pages.changed");
  expect(heard.map(({ kind }) => kind)).toEqual(["hello", "pages"]);
  expect(complain).toHaveBeenCalledTimes(2);
  complain.mockRestore();
});

test("only after the hello one can rely on being told, and no longer once it is lost", () => {
  const changes: boolean[] = [];
  live.subscribe(() => changes.push(live.getIsConnected()));
  expect(live.getIsConnected()).toBe(false);
  says("hello");
  closes(1006);
  expect(changes).toEqual([true, false]);
});

test("a lost connection is made anew, ever more slowly", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.999);
  says("hello");
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
  says("hello");
  closes(4401);
  await vi.advanceTimersByTimeAsync(60_000);
  window.dispatchEvent(new Event("online"));
  expect(sockets).toHaveLength(1);
  expect(endings).toEqual([4401]);
});

test("a server that no longer answers is left for another try", async () => {
  says("hello");
  const silent = latest();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(silent.sent.map(String)).toEqual(['{"event":"ping","data":{}}']);
  await vi.advanceTimersByTimeAsync(31_000);
  expect(silent.closedWith).not.toBeNull();
  expect(sockets.length).toBeGreaterThan(1);
});
