// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Commands } from "../protocol/live";
import { Whereabouts } from "./whereabouts";

const said: Commands["presence"][] = [];
let isConnected = true;
let onConnection = () => {};
const live = {
  tell: (_name: string, data: unknown) => void said.push(data as Commands["presence"]),
  subscribe: (listener: () => void) => {
    onConnection = listener;
    return () => {};
  },
  getIsConnected: () => isConnected,
};
let here: Whereabouts;

beforeEach(() => {
  vi.useFakeTimers();
  said.length = 0;
  isConnected = true;
  here = new Whereabouts(live as ConstructorParameters<typeof Whereabouts>[0], "harbour");
  here.open();
});
afterEach(() => {
  here.close();
  vi.useRealTimers();
});

test("who opens a document is said to view it, once", () => {
  vi.advanceTimersByTime(30_000);
  expect(said).toEqual([{ state: "active", document: "harbour", doing: "viewing" }]);
});

test("who writes is editing, and ten seconds later viewing again", () => {
  here.edited();
  here.edited();
  expect(said.slice(1)).toEqual([{ state: "active", document: "harbour", doing: "editing" }]);
  vi.advanceTimersByTime(16_000);
  expect(said.at(-1)?.doing).toBe("viewing");
});

test("who does nothing for five minutes is idle, and active with the first touch", () => {
  vi.advanceTimersByTime(5 * 60_000 + 5_000);
  expect(said.at(-1)?.state).toBe("idle");
  window.dispatchEvent(new Event("pointermove"));
  expect(said.at(-1)?.state).toBe("active");
});

test("who glances at another window stays active", () => {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  document.dispatchEvent(new Event("visibilitychange"));
  vi.advanceTimersByTime(60_000);
  expect(said.every(({ state }) => state === "active")).toBe(true);
  vi.restoreAllMocks();
});

test("another connection is told anew, and nothing is said without one", () => {
  isConnected = false;
  here.edited();
  expect(said).toHaveLength(1);
  isConnected = true;
  onConnection();
  expect(said).toHaveLength(2);
});

test("who stays is said to be there once a minute", () => {
  vi.advanceTimersByTime(125_000);
  expect(said).toHaveLength(3);
});

test("who goes elsewhere leaves the document", () => {
  here.close();
  expect(said.at(-1)).toEqual({ state: "active" });
});
