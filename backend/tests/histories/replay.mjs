// Applies updates in order in real Yjs and says what the document shows then.
//
// One JSON line in: {"updates": [base64, …]}; one JSON line out: {"hash", "vector", "pending", "tidied"}. The hash is
// made as quillroom.content.hash makes it: every root's visible content, attributes sorted, equal neighbours joined.
// `tidied` is what Yjs deleted by itself: after a remote change it drops marks that mark nothing any more
// (cleanupYTextAfterTransaction); a page sends that like any edit, and pycrdt never does it.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import * as Y from "yjs";

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(line))}\n`);
}

function answer(line) {
  try {
    const { updates, shows } = JSON.parse(line);
    const doc = new Y.Doc({ gc: true });
    const tidied = [];
    doc.on("update", (update, _origin, _doc, transaction) => {
      if (transaction.local) tidied.push(update);
    });
    for (const update of updates) Y.applyUpdate(doc, Buffer.from(update, "base64"));
    const roots = rootsOf(doc);
    return {
      hash: createHash("sha256").update(canonical(roots)).digest("hex"),
      vector: [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort((a, b) => a[0] - b[0]),
      pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
      tidied: tidied.map((update) => Buffer.from(update).toString("base64")),
      shows: shows ? roots : null,
    };
  } catch (error) {
    return { error: String(error?.stack ?? error) };
  }
}

function rootsOf(doc) {
  const state = Y.encodeStateAsUpdate(doc);
  const [texts, fragments, maps, arrays] = [0, 1, 2, 3].map(() => {
    const copy = new Y.Doc();
    Y.applyUpdate(copy, state);
    return copy;
  });
  const roots = {};
  for (const name of doc.share.keys()) {
    // An update does not name its roots' types: look at each with fresh eyes and keep what is seen.
    const views = [
      () => texts.getText(name),
      () => fragments.getXmlFragment(name),
      () => maps.getMap(name),
      () => arrays.getArray(name),
    ];
    for (const view of views) {
      const seen = shownOf(view());
      if (Object.keys(seen).length > 0) {
        roots[name] = seen;
        break;
      }
    }
  }
  return roots;
}

function shownOf(value) {
  if (value instanceof Y.XmlElement) {
    return [
      value.nodeName,
      mapped(Object.entries(value.getAttributes())),
      value.toArray().map(shownOf),
    ];
  }
  if (value instanceof Y.XmlFragment || value instanceof Y.Array)
    return value.toArray().map(shownOf);
  if (value instanceof Y.Text) return runsOf(value.toDelta());
  if (value instanceof Y.Map) return mapped([...value.entries()]);
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("hex") };
  return value === undefined ? null : value;
}

function mapped(entries) {
  return Object.fromEntries(entries.map(([name, value]) => [name, shownOf(value)]));
}

function runsOf(delta) {
  const runs = [];
  for (const { insert, attributes } of delta) {
    const piece = shownOf(insert);
    const marks = attributes ?? {};
    const last = runs.at(-1);
    const joins = last && typeof piece === "string" && typeof last[0] === "string";
    if (joins && canonical(last[1]) === canonical(marks)) last[0] += piece;
    else runs.push([piece, marks]);
  }
  return runs;
}

/** JSON as Python's json.dumps(sort_keys=True, separators=(",", ":")) writes it. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${ascii(name)}:${canonical(value[name])}`).join(",")}}`;
  }
  return typeof value === "string" ? ascii(value) : JSON.stringify(value);
}

function ascii(text) {
  const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (character) =>
    character === "\u007f" ? character : escaped(character),
  );
}
