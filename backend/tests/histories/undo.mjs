// Two people on real Yjs who set attributes and values again and again, undo and redo. Arguments: seeds, from and to.
//
// One JSON line out a seed: {"messages": [base64, …], "states": [base64, base64]}: what they sent, in an order in which
// each could be read by all, and the whole document as each would send it to a server that knows nothing of it.
// Seed 0 is one level of a heading, changed five times in steps of its own and undone to the second.
import * as Y from "yjs";

const STEPS = 40;
const [from, to] = process.argv.slice(2).map(Number);
for (let seed = from; seed < to; seed++) {
  const told = seed === 0 ? changesOneLevel() : lives(seed);
  const encoded = Object.entries(told).map(([name, all]) => [name, all.map(base64)]);
  process.stdout.write(`${JSON.stringify(Object.fromEntries(encoded))}\n`);
}

function base64(update) {
  return Buffer.from(update).toString("base64");
}

function person(clientID, captureTimeout) {
  const doc = new Y.Doc();
  doc.clientID = clientID;
  const [body, map] = [doc.getXmlFragment("default"), doc.getMap("m")];
  const undo = new Y.UndoManager([body, map], {
    captureTimeout,
    trackedOrigins: new Set([null, "tracked"]),
  });
  return { doc, body, map, undo, inbox: [] };
}

function changesOneLevel() {
  const ann = person(1, 0);
  const messages = [];
  ann.doc.on("update", (update) => messages.push(update));
  const heading = new Y.XmlElement("heading");
  ann.body.insert(0, [heading]);
  for (const level of [1, 2, 3, 4, 5]) heading.setAttribute("level", level);
  const states = [Y.encodeStateAsUpdate(ann.doc)];
  const before = messages.length;
  for (let times = 0; times < 3; times++) ann.undo.undo();
  return { messages: messages.slice(before), states };
}

function lives(seed) {
  const chance = generator(seed);
  const pick = (choices) => choices[Math.floor(chance() * choices.length)];
  const people = [1, 2].map((n) => person(seed * 10 + n, pick([0, 0, 1e9])));
  const messages = [];
  for (const each of people) {
    each.doc.on("update", (update, origin) => {
      if (origin === "network") return;
      messages.push(update);
      for (const other of people) if (other !== each) other.inbox.push(update);
    });
  }
  for (let step = 0; step < STEPS; step++) {
    const who = pick(people);
    const what = chance();
    if (what < 0.5) edits(who, pick, chance);
    else if (what < 0.65) editsMuch(who, pick, chance);
    else if (what < 0.78) who.undo.undo();
    else if (what < 0.85) who.undo.redo();
    else if (what < 0.9) who.undo.stopCapturing();
    else hears(who);
  }
  people.forEach(hears);
  return { messages, states: people.map(({ doc }) => Y.encodeStateAsUpdate(doc)) };
}

function hears({ doc, inbox }) {
  for (const update of inbox.splice(0)) Y.applyUpdate(doc, update, "network");
}

function editsMuch(who, pick, chance) {
  who.doc.transact(
    () => {
      for (let times = 0; times < 4; times++) edits(who, pick, chance);
    },
    pick([null, "tracked", "untracked"]),
  );
}

function edits({ body, map }, pick, chance) {
  const block = body.length > 0 ? pick(body.toArray()) : null;
  const what = block
    ? pick(["set", "set", "set", "unset", "map", "add", "write", "delete", "nest"])
    : "add";
  if (what === "set")
    block.setAttribute(pick(["level", "align"]), pick([1, 2, "x", null, { a: 1 }]));
  else if (what === "unset") block.removeAttribute("level");
  else if (what === "map")
    map.set(pick(["a", "b"]), pick([1, "two", [1, 2], new Y.Map(), new Y.Array()]));
  else if (what === "delete") body.delete(body.toArray().indexOf(block), 1);
  else if (what === "write") {
    const text = new Y.XmlText();
    block.insert(0, [text]);
    text.insert(0, "abc");
    text.insert(1, "zz");
  } else {
    const element = new Y.XmlElement("heading");
    element.setAttribute("level", 1);
    if (what === "nest") {
      block.insert(0, [element]);
      element.setAttribute("level", 2);
    } else body.insert(Math.floor(chance() * (body.length + 1)), [element]);
  }
}

/** Mulberry32. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
