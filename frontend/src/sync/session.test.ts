import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as awarenessProtocol from "y-protocols/awareness";
import * as Y from "yjs";
import { FakeServer } from "./fakeServer";
import { forgetCopies } from "./keeping";
import { placeOf, readHeld, writeHeld } from "./pending";
import { DocumentSession } from "./session";

const DOCUMENT = "d1";
const PLACE = placeOf("ann", DOCUMENT);
let server: FakeServer;
let open: DocumentSession[];

beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal("indexedDB", new IDBFactory());
  server = new FakeServer();
  server.doc.getText("title").insert(0, "Plans");
  open = [];
});

afterEach(() => {
  for (const session of open) session.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function visit(schema = 1, at = server, person = "ann"): DocumentSession {
  const session = new DocumentSession({
    document: DOCUMENT,
    person,
    schema,
    url: "ws://here/sync",
    createSocket: at.createSocket,
  });
  open.push(session);
  session.open();
  return session;
}

function leave(session: DocumentSession): void {
  session.close();
  open.splice(open.indexOf(session), 1);
}

/** Ann has the document before her, and the server has all of hers. */
async function arrived(): Promise<DocumentSession> {
  const session = visit();
  server.hello();
  server.asks();
  server.gives();
  await until(() => server.updates().length === 1);
  server.commits();
  return session;
}

/** … and the chip says so. */
async function settled(): Promise<DocumentSession> {
  const session = await arrived();
  await becomes(session, "saved");
  return session;
}

/** Arrives on a clock that only the test moves, and therefore without IndexedDB, which needs a real one. */
async function arrivedOnATestClock(): Promise<DocumentSession> {
  vi.stubGlobal("indexedDB", undefined);
  vi.useFakeTimers();
  const session = visit();
  server.hello();
  server.asks();
  server.gives();
  await vi.advanceTimersByTimeAsync(0);
  server.commits();
  return session;
}

const statusOf = (session: DocumentSession) => session.getSnapshot().status;
const titleOf = ({ doc }: { doc: Y.Doc }) => doc.getText("title").toString();
const types = ({ doc }: { doc: Y.Doc }, text: string) =>
  doc.getText("title").insert(doc.getText("title").length, text);
const until = (isTrue: () => boolean) => vi.waitUntil(isTrue, { timeout: 3000, interval: 2 });
const becomes = (session: DocumentSession, name: string) =>
  until(() => statusOf(session).name === name);
/** Until a frame after which nothing waits. */
const frame = async () => {
  for (let count = 0; count < 2; count++) await new Promise(requestAnimationFrame);
};
/** Lets the microtask that sends a turn's changes run. */
const turn = () => Promise.resolve();

describe("the greeting", () => {
  test("nothing is sent and nothing is merged before the hello", async () => {
    const session = visit();
    server.gives();
    server.relays(Y.encodeStateAsUpdate(server.doc));
    server.asks();
    await turn();
    expect(server.heard()).toEqual([]);
    expect(titleOf(session)).toBe("");
    expect(session.getSnapshot().isReady).toBe(false);
  });

  test("the hello is answered with what is here, and the server's question with what it lacks", async () => {
    const session = await arrived();
    expect(server.heard()).toEqual(["step1", "awareness", "step2"]);
    expect(titleOf(session)).toBe("Plans");
    expect(session.getSnapshot()).toMatchObject({ isReady: true, canEdit: true, isStored: true });
    expect(session.getSnapshot().user?.name).toBe("Ann");
  });

  test("the address names client, schema, and the generation of what is held", async () => {
    await arrived();
    expect(server.socket.url).toBe("ws://here/sync/d1?client=quillroom&schema=1");
    visit();
    expect(server.socket.url).toBe("ws://here/sync/d1?client=quillroom&schema=1&generation=g1");
  });

  test("someone who may only read sends no text", async () => {
    const session = visit();
    server.hello({ role: "view", why: "not_allowed" });
    server.asks();
    server.gives();
    await becomes(session, "readOnly");
    types(session, "!");
    await turn();
    expect(server.updates()).toEqual([]);
    expect(session.getSnapshot().canEdit).toBe(false);
  });

  test("a role lowered in place takes the pen at once, and what is committed stays", async () => {
    const session = await settled();
    types(session, " for spring");
    await turn();
    server.control("role", { role: "view", why: "role_changed" });
    expect(session.getSnapshot().canEdit).toBe(false);
    expect(statusOf(session).name).toBe("saving");
    server.commits();
    expect(statusOf(session)).toEqual({ name: "readOnly", kept: 0 });
    expect(titleOf(session)).toBe("Plans for spring");
  });

  test("words that came too late are kept, told, and never sent again", async () => {
    const session = await settled();
    types(session, " for spring");
    await turn();
    server.control("role", { role: "comment", why: "link_changed" });
    server.control("refused", { count: 2, code: "not_allowed", message: "You can only read." });
    expect(statusOf(session)).toEqual({ name: "readOnly", kept: 1 });
    leave(session);

    const again = visit();
    server.hello({ role: "comment" });
    server.asks();
    server.gives();
    await becomes(again, "readOnly");
    expect(statusOf(again)).toEqual({ name: "readOnly", kept: 1 });
    expect(titleOf(again)).toBe("Plans for spring");
    expect(server.updates()).toEqual([]);
  });

  test("a role raised in place greets the server anew, and then everything is sent", async () => {
    const session = visit();
    server.hello({ role: "view" });
    server.asks();
    server.gives();
    await becomes(session, "readOnly");
    const before = server.sockets.length;
    server.control("role", { role: "edit", why: "role_changed" });
    await until(() => server.sockets.length > before);
    server.hello({ role: "edit" });
    server.asks();
    server.gives();
    await until(() => server.updates().length === 1);
    types(session, "!");
    await turn();
    server.commits();
    await becomes(session, "saved");
    expect(server.doc.getText("title").toString()).toBe("Plans!");
  });

  test("a message that cannot be read ends the connection, not the page", async () => {
    const complain = vi.spyOn(console, "error").mockImplementation(() => {});
    const session = await arrived();
    server.says(new Uint8Array([0, 9]));
    expect(statusOf(session).name).toBe("offline");
    expect(server.socket.closedWith).not.toBeNull();
    expect(complain).toHaveBeenCalledOnce();
    complain.mockRestore();
  });
});

describe("what others do", () => {
  const says = (words: string) => {
    const before = Y.encodeStateVector(server.doc);
    types(server, words);
    server.relays(Y.encodeStateAsUpdate(server.doc, before));
  };

  test("is there at once when it comes alone, and merged into one change when it floods in", async () => {
    const session = await settled();
    await frame();
    let changes = 0;
    session.doc.on("update", () => {
      changes += 1;
    });
    says(" a");
    expect(titleOf(session)).toBe("Plans a");
    for (const word of [" b", " c", " d"]) says(word);
    expect(titleOf(session)).toBe("Plans a");
    await until(() => titleOf(session) === "Plans a b c d");
    expect(changes).toBe(2);
  });

  test("is not lost when the connection ends before it was shown", async () => {
    const session = await settled();
    for (const word of [" a", " b"]) says(word);
    server.closes(1006);
    expect(titleOf(session)).toBe("Plans a b");
  });

  test("is announced before it changes anything", async () => {
    const session = await settled();
    await frame();
    const seen: string[] = [];
    session.beforeOthers = () => seen.push(titleOf(session));
    says(" a");
    expect(seen).toEqual(["Plans"]);
  });

  test("draws nothing anew on the page around the text", async () => {
    const session = await settled();
    let told = 0;
    session.subscribe(() => {
      told += 1;
    });
    const before = session.getSnapshot();
    says(" a");
    await frame();
    expect(told).toBe(0);
    expect(session.getSnapshot()).toBe(before);
  });
});

describe("saved", () => {
  test("is not said until the server has committed the answer to its question", async () => {
    const session = visit();
    server.hello();
    server.asks();
    server.gives();
    await until(() => server.updates().length === 1);
    expect(statusOf(session).name).toBe("connecting");
    server.saved(1);
    await becomes(session, "saved");
  });

  test("is not said while one update of several is unacknowledged", async () => {
    const session = await settled();
    types(session, " a");
    await turn();
    types(session, " b");
    await turn();
    expect(statusOf(session).name).toBe("saving");
    expect(server.updates()).toHaveLength(3);
    server.saved(2);
    expect(statusOf(session).name).toBe("saving");
    server.saved(3);
    await becomes(session, "saved");
  });

  test("is not said when the acknowledgement comes before the change is sent", async () => {
    const session = await settled();
    types(session, " a");
    server.saved(1);
    expect(statusOf(session).name).toBe("saving");
    await turn();
    server.commits();
    await becomes(session, "saved");
    expect(titleOf(server)).toBe("Plans a");
  });

  test("comes only after a pause, so that the chip does not flicker at each key", async () => {
    const session = await settled();
    vi.useFakeTimers();
    types(session, " a");
    await turn();
    server.saved(2);
    expect(statusOf(session).name).toBe("saving");
    vi.advanceTimersByTime(400);
    expect(statusOf(session).name).toBe("saved");
  });

  test("waits for what was typed offline to be committed after the return", async () => {
    const session = await arrived();
    server.closes(1006);
    types(session, " offline");
    await until(() => server.sockets.length === 2);
    server.hello();
    server.asks();
    server.gives();
    expect(statusOf(session)).toEqual({ name: "saving" });
    server.commits();
    await becomes(session, "saved");
    expect(titleOf(server)).toBe("Plans offline");
  });

  test("changes of one turn travel in one message", async () => {
    const session = await arrived();
    for (const letter of "quill") types(session, letter);
    await turn();
    expect(server.updates()).toHaveLength(2);
    server.commits();
    expect(titleOf(server)).toBe("Plansquill");
  });

  test("what others write is not sent back", async () => {
    const session = await arrived();
    types(server, " by Bob");
    server.gives();
    await turn();
    expect(titleOf(session)).toBe("Plans by Bob");
    expect(server.updates()).toHaveLength(1);
  });
});

describe("not saved", () => {
  test("a refused update is said, and kept, and counts as unsaved", async () => {
    const session = await arrived();
    types(session, " x");
    await turn();
    server.control("refused", { count: 2, code: "duplicate_client", message: "Reload." });
    server.saved(1);
    expect(statusOf(session)).toEqual({
      name: "notSaving",
      reason: "Reload.",
      code: "duplicate_client",
    });
    expect(titleOf(session)).toBe("Plans x");
    expect(readHeld(PLACE)?.unsaved).toBe(1);
  });

  test("a refusal is over once the whole text was accepted", async () => {
    const session = await arrived();
    types(session, " x");
    await turn();
    server.control("refused", { count: 2, code: "gap", message: "Edits are missing." });
    server.asks();
    expect(statusOf(session).name).toBe("notSaving");
    server.commits();
    await becomes(session, "saved");
    expect(titleOf(server)).toBe("Plans x");
  });

  test("a full disk is said at once, also on arrival, and taken back", async () => {
    const session = await arrived();
    server.control("storage", { saving: "The disk is full." });
    expect(statusOf(session)).toMatchObject({ name: "notSaving", reason: "The disk is full." });
    server.control("storage", { saving: null });
    await becomes(session, "saved");
    server.closes(1006);
    types(session, " x");
    await until(() => server.sockets.length === 2);
    server.hello({ saving: "The disk is full." });
    server.asks();
    server.gives();
    expect(statusOf(session)).toMatchObject({ name: "notSaving", reason: "The disk is full." });
  });
});

describe("offline", () => {
  test("changes are counted, also after a reload", async () => {
    const session = await arrived();
    server.closes(1006);
    types(session, " a");
    types(session, " b");
    expect(statusOf(session)).toEqual({ name: "offline", changes: 2 });
    leave(session);

    const again = visit();
    expect(statusOf(again)).toEqual({ name: "offline", changes: 2 });
    await until(() => again.getSnapshot().isReady);
    expect(titleOf(again)).toBe("Plans a b");
  });

  test("what was typed offline before a reload is sent, even if the hello outruns the local copy", async () => {
    const session = await arrived();
    server.closes(1006);
    types(session, " offline");
    leave(session);

    const again = visit();
    server.hello();
    server.asks();
    server.gives();
    server.saved(1);
    expect(server.heard()).toEqual([]);
    await until(() => server.updates().length === 1);
    server.commits();
    await becomes(again, "saved");
    expect(titleOf(server)).toBe("Plans offline");
    expect(readHeld(PLACE)?.unsaved).toBe(0);
  });

  test("the cached text is read-only until the server has said hello or is known to be away", async () => {
    leave(await arrived());
    const again = visit();
    await until(() => again.getSnapshot().isReady);
    expect(statusOf(again).name).toBe("connecting");
    expect(again.getSnapshot().canEdit).toBe(false);
    server.closes(1006);
    expect(statusOf(again)).toEqual({ name: "offline", changes: 0 });
    expect(again.getSnapshot().canEdit).toBe(true);
  });

  test("a lost network is said at once, and its return connects at once", async () => {
    const session = await arrived();
    window.dispatchEvent(new Event("offline"));
    expect(statusOf(session)).toEqual({ name: "offline", changes: 0 });
    window.dispatchEvent(new Event("online"));
    expect(server.sockets).toHaveLength(2);
    server.welcomes();
    await becomes(session, "saved");
  });

  test("a server that restarts is said so", async () => {
    const session = await arrived();
    server.closes(1012);
    expect(statusOf(session)).toEqual({ name: "restarting", changes: 0 });
  });

  test("silence for 35 seconds is a lost connection", async () => {
    const session = await arrivedOnATestClock();
    vi.advanceTimersByTime(30_000);
    expect(server.heard().filter((name) => name === "heartbeat")).toHaveLength(2);
    expect(statusOf(session).name).toBe("saved");
    vi.advanceTimersByTime(15_000);
    expect(server.sockets[0]?.closedWith).not.toBeNull();
    expect(statusOf(session).name).toBe("offline");
  });

  test("each heartbeat that is answered keeps the connection, and the cursor with it", async () => {
    await arrivedOnATestClock();
    const before = server.cursors().length;
    for (let beat = 0; beat < 10; beat++) {
      vi.advanceTimersByTime(15_000);
      server.says(new Uint8Array([102]));
    }
    expect(server.sockets).toHaveLength(1);
    expect(server.socket.closedWith).toBeNull();
    expect(server.cursors().length).toBeGreaterThanOrEqual(before + 10);
  });
});

describe("close codes", () => {
  test.each([
    [4400, "notSaving"],
    [4401, "signedOut"],
    [4403, "accessEnded"],
    [4404, "gone"],
    [4408, "notSaving"],
    [4409, "newVersion"],
    [4413, "tooLarge"],
    [4429, "notSaving"],
    [4499, "notSaving"],
    [1009, "tooLarge"],
  ])("%i is final: %s, and nobody comes back", async (code, name) => {
    const session = await arrived();
    vi.useFakeTimers();
    server.closes(code);
    expect(statusOf(session).name).toBe(name);
    expect(session.getSnapshot().canEdit).toBe(false);
    vi.advanceTimersByTime(120_000);
    window.dispatchEvent(new Event("online"));
    document.dispatchEvent(new Event("visibilitychange"));
    expect(server.sockets).toHaveLength(1);
  });

  test.each([1000, 1001, 1005, 1006, 1011, 1012, 1013, 4503])(
    "%i means come back",
    async (code) => {
      const session = await arrived();
      vi.useFakeTimers();
      server.closes(code);
      expect(session.getSnapshot().canEdit).toBe(true);
      vi.advanceTimersByTime(200);
      expect(server.sockets).toHaveLength(2);
    },
  );

  test("a server that stays away is asked ever more rarely", async () => {
    await arrived();
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(0.999);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 10; attempt++) {
      server.closes(1006);
      const before = server.sockets.length;
      let waited = 0;
      for (; server.sockets.length === before && waited <= 31_000; waited += 100) {
        vi.advanceTimersByTime(100);
      }
      waits.push(waited);
    }
    expect(waits).toEqual([200, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
    vi.restoreAllMocks();
  });
});

describe("another history", () => {
  test("is never merged: the text stays as a copy, read-only, and nothing is sent", async () => {
    const session = await arrived();
    server.closes(1006);
    types(session, " mine");
    await until(() => server.sockets.length === 2);
    server.hello({ generation: "g2" });
    server.asks();
    server.gives();
    expect(statusOf(session).name).toBe("otherGeneration");
    expect(session.getSnapshot()).toMatchObject({ isReady: true, canEdit: false });
    expect(titleOf(session)).toBe("Plans mine");
    expect(server.heard()).toEqual([]);
    expect(server.socket.closedWith).toBe(1000);
    expect(readHeld(PLACE)).toMatchObject({ generation: "g1", unsaved: 1 });
  });

  test("the next visit starts from the server's text when nothing was unsaved, or when asked to", async () => {
    const session = await arrived();
    server.closes(1006);
    await until(() => server.sockets.length === 2);
    server.hello({ generation: "g2" });
    expect(readHeld(PLACE)).toBeNull();

    writeHeld(PLACE, { generation: "g1", unsaved: 3, schema: 1 });
    session.startOver();
    expect(readHeld(PLACE)).toBeNull();
  });
});

describe("a shared computer", () => {
  test("keeps what Ann wrote for Ann: Bob sees nothing of it, and she finds it again", async () => {
    const ann = await arrived();
    types(ann, " of Ann");
    await turn();
    leave(ann);
    const bob = visit(1, new FakeServer(), "bob");
    await until(() => bob.getSnapshot().status.name !== "saved");
    expect(titleOf(bob)).toBe("");
    leave(bob);
    const again = visit(1, new FakeServer());
    await until(() => titleOf(again) === "Plans of Ann");
  });

  test("forgets with the sign-out what the server has, and nothing that it lacks", async () => {
    const saved = await settled();
    leave(saved);
    await forgetCopies("ann");
    expect(readHeld(PLACE)).toBeNull();
    expect(await indexedDB.databases()).toEqual([
      expect.objectContaining({ name: "quillroom:probe" }),
    ]);

    const unsaved = await arrived();
    types(unsaved, " not sent");
    await turn();
    leave(unsaved);
    await forgetCopies("bob");
    await forgetCopies("ann");
    expect(readHeld(PLACE)?.unsaved).toBe(1);
    const again = visit(1, new FakeServer());
    await until(() => titleOf(again) === "Plans not sent");
  });
});

describe("an older bundle", () => {
  test("reads what the server has, stores nothing of it and sends nothing", async () => {
    leave(await arrived());
    types(server, " of tomorrow");

    const older = visit();
    server.hello({ schema: 2, role: "view", why: "schema" });
    server.asks();
    server.gives();
    await until(() => titleOf(older) === "Plans of tomorrow");
    types(older, "!");
    await turn();
    expect(statusOf(older).name).toBe("newVersion");
    expect(older.getSnapshot()).toMatchObject({ isReady: true, canEdit: false });
    expect(server.heard()).toEqual(["step1"]);
    leave(older);

    const offline = visit();
    await until(() => offline.getSnapshot().isReady);
    expect(titleOf(offline)).toBe("Plans");
  });

  test("does not even read a copy that a newer one wrote", async () => {
    leave(await arrived());
    const older = visit(0);
    expect(statusOf(older).name).toBe("newVersion");
    server.closes(1006);
    expect(older.getSnapshot()).toMatchObject({ isReady: false, canEdit: false });
    expect(titleOf(older)).toBe("");
    expect(readHeld(PLACE)?.schema).toBe(1);
  });

  test("learns it when it comes back after the upgrade", async () => {
    const session = await arrived();
    server.closes(1012);
    types(session, " unsent");
    await until(() => server.sockets.length === 2);
    server.hello({ schema: 2, role: "view", why: "schema" });
    server.asks();
    server.gives();
    expect(statusOf(session).name).toBe("newVersion");
    expect(server.updates()).toEqual([]);
    expect(readHeld(PLACE)?.unsaved).toBe(1);
  });
});

describe("storage", () => {
  test("a browser that keeps nothing is said so, and the text is saved on the server all the same", async () => {
    vi.stubGlobal("indexedDB", undefined);
    const session = await arrived();
    expect(session.getSnapshot().isStored).toBe(false);
    types(session, "!");
    await turn();
    server.commits();
    await becomes(session, "saved");
  });

  test.each([
    ["while a change is on its way", true, () => {}],
    ["not when all is saved", false, () => server.commits()],
    ["not when it is kept on this device", false, () => server.closes(1006)],
  ])("closing the tab asks: %s", async (_, isAsked, then) => {
    const session = await arrived();
    types(session, "!");
    await turn();
    then();
    const event = new Event("beforeunload", { cancelable: true });
    window.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(isAsked);
  });

  test("closing the tab asks offline when nothing is kept on this device", async () => {
    vi.stubGlobal("indexedDB", undefined);
    const session = await arrived();
    server.closes(1006);
    types(session, "!");
    const event = new Event("beforeunload", { cancelable: true });
    window.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(true);
  });
});

describe("cursors", () => {
  function bob(): { awareness: awarenessProtocol.Awareness; state: () => Uint8Array } {
    const awareness = new awarenessProtocol.Awareness(new Y.Doc());
    awareness.setLocalState({ user: { name: "Bob" } });
    const state = () => awarenessProtocol.encodeAwarenessUpdate(awareness, [awareness.clientID]);
    return { awareness, state };
  }

  test("others go when the connection goes and are back with it, though their clock stood still", async () => {
    const session = await arrived();
    const { awareness, state } = bob();
    server.showsCursors(state());
    expect(session.awareness.getStates().has(awareness.clientID)).toBe(true);
    server.closes(1006);
    expect(session.awareness.getStates().has(awareness.clientID)).toBe(false);
    await until(() => server.sockets.length === 2);
    server.welcomes();
    server.showsCursors(state());
    expect(session.awareness.getStates().has(awareness.clientID)).toBe(true);
    awareness.destroy();
  });

  test("mine is shown to others again after they were told that it is gone", async () => {
    const session = await arrived();
    const me = session.doc.clientID;
    const { awareness } = bob();
    const hears = () => {
      const last = server.cursors().at(-1);
      if (last !== undefined) awarenessProtocol.applyAwarenessUpdate(awareness, last, null);
    };
    hears();
    expect(awareness.getStates().has(me)).toBe(true);
    server.closes(1006);
    // As the server does it: under the next clock.
    const gone = (awareness.meta.get(me)?.clock ?? 0) + 1;
    awareness.states.delete(me);
    awareness.meta.set(me, { clock: gone, lastUpdated: 0 });
    await until(() => server.sockets.length === 2);
    server.welcomes();
    hears();
    expect(awareness.getStates().has(me)).toBe(true);
    awareness.destroy();
  });
});
