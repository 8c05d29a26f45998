import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Message } from "../../protocol/message";
import { Chat } from "./chat";
import { ANN, BOB, FakeServer, FakeWire } from "./fakeChat";
import { Outbox } from "./outbox";
import { ChatStorage } from "./storage";

let server: FakeServer;
let wire: FakeWire;
let opened: { chat: Chat; outbox: Outbox }[];

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  server = new FakeServer();
  wire = new FakeWire(server, ANN);
  opened = [];
});
afterEach(() => {
  for (const { chat, outbox } of opened) {
    chat.close();
    outbox.close();
  }
});

function opens(line = wire): Chat {
  const storage = new ChatStorage("ann");
  const outbox = new Outbox({ person: "ann", wire: line, storage, locks: undefined });
  const { fetchPage } = server;
  const fetchOne = async (id: string) => server.messages.get(id) as Message;
  const chat = new Chat({
    document: "d",
    me: ANN,
    wire: line,
    outbox,
    storage,
    fetchPage,
    fetchOne,
  });
  outbox.open();
  void chat.open();
  opened.push({ chat, outbox });
  return chat;
}

const texts = (chat: Chat) => chat.getView().messages.map(({ text }) => text);
const follows = (chat: Chat) => vi.waitFor(() => expect(chat.getView().status).toBe("ready"));
const shows = (chat: Chat, expected: (string | null)[]) =>
  vi.waitFor(() => expect(texts(chat)).toEqual(expected));
const kept = () => new ChatStorage("ann").readChat("d");

test("whoever opens a chat sees what was said, and then what is said", async () => {
  server.post("before");
  const chat = opens();
  await shows(chat, ["before"]);
  server.post("now");
  await shows(chat, ["before", "now"]);
});

test("a message of my own is there at once, and once only when it is committed", async () => {
  const chat = opens();
  await follows(chat);
  const saying = chat.say("hello");
  expect(chat.getView().pending.map(({ text }) => text)).toEqual(["hello"]);
  await saying;
  await vi.waitFor(() => {
    expect(texts(chat)).toEqual(["hello"]);
    expect(chat.getView().pending).toEqual([]);
  });
});

test("offline the kept messages are there, and what was missed comes with the line, edits and recalls too", async () => {
  const [one, two] = [server.post("one"), server.post("two")];
  const first = opens();
  await shows(first, ["one", "two"]);
  first.close();
  await vi.waitFor(async () => expect((await kept())?.messages).toHaveLength(2));
  wire.cut();
  server.edit(one, "one, edited");
  server.recall(two);
  server.post("three");
  const chat = opens();
  await shows(chat, ["one", "two"]);
  wire.mend();
  await shows(chat, ["one, edited", null, "three"]);
});

test("a recalled text is gone from what is kept within a second", async () => {
  const secret = server.post("a secret");
  const chat = opens();
  await shows(chat, ["a secret"]);
  await vi.waitFor(async () => expect(JSON.stringify(await kept())).toContain("a secret"));
  server.recall(secret);
  await vi.waitFor(async () => expect(JSON.stringify(await kept())).not.toContain("a secret"), {
    timeout: 1000,
  });
});

test("a restored server, with another epoch, is believed from the beginning", async () => {
  server.post("lost by the restore");
  const chat = opens();
  await shows(chat, ["lost by the restore"]);
  wire.cut();
  server.epoch = "e2";
  server.messages.clear();
  server.log = [];
  server.head = 0;
  server.post("after it");
  wire.mend();
  await shows(chat, ["after it"]);
});

test("an answer that was written before an event does not undo it", async () => {
  const message = server.post("draft");
  const original = server.fetchPage;
  server.fetchPage = async (document, which) => {
    const page = await original(document, which);
    server.edit(message, "final");
    return page;
  };
  const chat = opens();
  await shows(chat, ["final"]);
});

test("older ones load in front; a jump into the past and back loses nothing", async () => {
  for (let each = 1; each <= 240; each += 1) server.post(`${each}`);
  const chat = opens();
  await vi.waitFor(() => expect(texts(chat)).toHaveLength(50));
  await chat.loadBefore();
  expect(texts(chat)).toHaveLength(100);
  expect(texts(chat)[0]).toBe("141");
  expect(await chat.goTo("m20")).toBe(true);
  expect(texts(chat)).toContain("20");
  expect(chat.getView()).toMatchObject({ hasAfter: true, target: { id: "m20" } });
  server.post("241");
  expect(texts(chat)).not.toContain("241");
  for (let page = 0; page < 4 && chat.getView().hasAfter; page += 1) await chat.loadAfter();
  expect(chat.getView().hasAfter).toBe(false);
  expect(texts(chat)).toEqual(Array.from({ length: 241 }, (_, at) => `${at + 1}`));
  expect(await chat.goTo("nothing")).toBe(false);
});

test.each(["the newest", "an older one"])(
  "what loads around one message is not put around %s",
  async (where) => {
    for (let each = 1; each <= 240; each += 1) server.post(`${each}`);
    const original = server.fetchPage;
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    server.fetchPage = async (document, which) => {
      const page = await original(document, which);
      if (which.before !== undefined || which.after !== undefined) await held;
      return page;
    };
    const chat = opens();
    await vi.waitFor(() => expect(texts(chat)).toHaveLength(50));
    await chat.goTo("m150");
    const loading = [chat.loadBefore(), chat.loadAfter()];
    if (where === "the newest") chat.goToLatest();
    else await chat.goTo("m60");
    release();
    await Promise.all(loading);
    const shown = texts(chat).map(Number);
    expect(shown).toContain(where === "the newest" ? 240 : 60);
    expect(shown).toEqual(shown.map((_, at) => (shown[0] ?? 0) + at));
  },
);

test("who follows a link into the past before the chat is there stays there", async () => {
  for (let each = 1; each <= 240; each += 1) server.post(`${each}`);
  wire.cut();
  const chat = opens();
  expect(await chat.goTo("m20")).toBe(true);
  wire.mend();
  await follows(chat);
  expect(texts(chat)).toContain("20");
  expect(texts(chat)).not.toContain("240");
  chat.goToLatest();
  expect(texts(chat)).toContain("240");
});

test("after any cut the page shows what the server has", async () => {
  const seed = Date.now() % 100_000;
  let state = seed;
  const random = (limit: number) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * limit);
  };
  const chat = opens();
  await follows(chat);
  for (let step = 0; step < 300; step += 1) {
    const all = server.ordered().filter(({ recalled }) => recalled === null);
    const some = all[random(all.length)];
    const deed = random(10);
    if (deed < 4 || some === undefined) server.post(`s${step}`);
    else if (deed < 6) server.edit(some, `e${step}`);
    else if (deed < 7) server.recall(some);
    else if (deed < 8) wire.cut();
    else wire.mend();
  }
  wire.cut();
  wire.mend();
  await vi.waitFor(() => expect(chat.getView().messages, `seed ${seed}`).toEqual(server.ordered()));
});

test("it is read when somebody looks, and the line stands at the first one nobody looked at", async () => {
  const chat = opens();
  await follows(chat);
  chat.watch(true);
  const seen = server.post("seen");
  await vi.waitFor(() =>
    expect(server.said).toContainEqual({
      event: "chat.read",
      data: { document: "d", seq: seen.seq },
    }),
  );
  expect(chat.getView().line).toBeNull();
  chat.watch(false);
  const unseen = server.post("unseen");
  wire.aside("unread", { document: "d", count: 1, mentions: 0, read: seen.seq });
  server.post("unseen, too");
  wire.aside("unread", { document: "d", count: 2, mentions: 0, read: seen.seq });
  expect(chat.getView()).toMatchObject({ line: unseen.seq, unread: { count: 2 } });
  // Read on the telephone.
  wire.aside("unread", { document: "d", count: 0, mentions: 0, read: server.head });
  expect(chat.getView()).toMatchObject({ line: null, unread: { count: 0 } });
});

test("who types is shown until their message comes", async () => {
  const chat = opens();
  await follows(chat);
  wire.aside("typing", { document: "d", person: BOB, is_typing: true });
  expect(chat.getView().typing).toEqual([BOB]);
  server.post("there it is");
  expect(chat.getView().typing).toEqual([]);
});

test("away for 10,000 messages: all of them, in order, shown when all of them are there", async () => {
  server.post("first");
  const chat = opens();
  await shows(chat, ["first"]);
  wire.cut();
  for (let each = 0; each < 10_000; each += 1) server.post(`${each}`);
  const shown: number[] = [];
  chat.subscribe(() => shown.push(chat.getView().messages.length));
  wire.mend();
  expect(texts(chat)).toEqual(["first", ...Array.from({ length: 10_000 }, (_, each) => `${each}`)]);
  expect(new Set(shown.filter((count) => count > 1))).toEqual(new Set([10_001]));
});
