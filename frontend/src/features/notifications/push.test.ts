import { afterEach, beforeEach, expect, test, vi } from "vitest";

const KEY = "BPusBnUZ";
let asked: string[];
let answers: (() => void) | null;
let isRegistered: boolean;

/** The server: it answers the next registration when `answers` is called, everything else at once. */
async function serve(path: string, init?: RequestInit): Promise<Response> {
  asked.push(`${init?.method} ${path}`);
  if (path === "/api/push/key") return Response.json({ key: KEY });
  if (init?.method === "DELETE") return new Response(null, { status: 204 });
  await new Promise<void>((resolve) => {
    answers = resolve;
  });
  return Response.json({ id: "s1" });
}

beforeEach(() => {
  asked = [];
  answers = null;
  isRegistered = true;
  const subscription = {
    options: { applicationServerKey: Uint8Array.from(atob(KEY), (c) => c.charCodeAt(0)).buffer },
    toJSON: () => ({ endpoint: "https://push.example.org/1" }),
    unsubscribe: async () => {
      isRegistered = false;
    },
  };
  const registration = {
    getNotifications: async () => [],
    pushManager: {
      getSubscription: async () => (isRegistered ? subscription : null),
      subscribe: async () => {
        isRegistered = true;
        return subscription;
      },
    },
  };
  vi.stubGlobal("fetch", vi.fn(serve));
  vi.stubGlobal("PushManager", class {});
  vi.stubGlobal("Notification", {
    permission: "granted",
    requestPermission: async () => "granted",
  });
  Object.defineProperty(navigator, "serviceWorker", {
    configurable: true,
    value: { ready: Promise.resolve(registration), getRegistration: async () => registration },
  });
  localStorage.setItem("quillroom:push", JSON.stringify({ person: "bob", id: "s1" }));
});

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
  vi.resetModules();
});

test("whoever turns it off while the page says once more that it is on has turned it off", async () => {
  const { pushState, renewPush, turnOffPush } = await import("./push");
  const renewed = renewPush("bob");
  await vi.waitFor(() => expect(answers).not.toBeNull());
  const turnedOff = turnOffPush();
  answers?.();
  await renewed;
  expect(await turnedOff).toBe("off");
  expect(asked.at(-1)).toBe("DELETE /api/push/subscriptions/s1");
  expect(await pushState("bob")).toBe("off");
  expect(isRegistered).toBe(false);
  expect(localStorage.getItem("quillroom:push")).toBeNull();
});

test("it can be turned on after a renewal failed", async () => {
  const { renewPush, turnOnPush } = await import("./push");
  vi.stubGlobal(
    "fetch",
    vi.fn().mockRejectedValueOnce(new TypeError("no network")).mockImplementation(serve),
  );
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  await renewPush("bob");
  expect(warn).toHaveBeenCalled();
  const turnedOn = turnOnPush("bob");
  await vi.waitFor(() => expect(answers).not.toBeNull());
  answers?.();
  expect(await turnedOn).toBe("on");
});
