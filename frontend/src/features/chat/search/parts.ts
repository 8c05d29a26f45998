/** A message in a few lines around what was found in it. */

export interface Part {
  /** Where it begins in the text, in code points. */
  at: number;
  text: string;
  isFound: boolean;
}

export const SHOWN = 180;
const AHEAD = 40;
const MARKS = /\*\*|~~|`+/g;
const MENTION = /@\[([^\]\n]*)\]\(person:[^)\s]*\)/g;

/** `highlights` are ranges of code points, in order; a mention is shown by its name. */
export function partsOf(text: string, highlights: readonly [number, number][]): Part[] {
  const points = Array.from(text);
  const first = highlights[0]?.[0] ?? 0;
  const start = points.length <= SHOWN || first <= AHEAD ? 0 : beginOfWord(points, first - AHEAD);
  const end = Math.min(points.length, start + SHOWN);
  const hidden = hiddenOf(text);
  const parts: Part[] = [];
  const add = (from: number, to: number, isFound: boolean) => {
    let shown = "";
    for (let at = from; at < to; at += 1) if (!hidden.has(at)) shown += points[at];
    if (shown !== "") parts.push({ at: from, text: shown.replace(/\s+/g, " "), isFound });
  };
  let at = start;
  for (const [from, to] of highlights) {
    if (from >= end) break;
    add(at, from, false);
    add(Math.max(at, from), Math.min(to, end), true);
    at = Math.max(at, Math.min(to, end));
  }
  add(at, end, false);
  if (start > 0) parts.unshift({ at: -1, text: "…", isFound: false });
  if (end < points.length) parts.push({ at: end, text: "…", isFound: false });
  return parts;
}

function beginOfWord(points: readonly string[], at: number): number {
  for (let near = at; near < at + AHEAD / 2; near += 1) if (points[near] === " ") return near + 1;
  return at;
}

/** What is not shown: of a mention all but the @ and the name, and the marks that make words bold or code. */
function hiddenOf(text: string): Set<number> {
  const hidden = new Set<number>();
  for (const mark of text.matchAll(MARKS)) {
    const begin = Array.from(text.slice(0, mark.index)).length;
    for (let at = begin; at < begin + mark[0].length; at += 1) hidden.add(at);
  }
  for (const mention of text.matchAll(MENTION)) {
    const begin = Array.from(text.slice(0, mention.index)).length;
    const length = Array.from(mention[0]).length;
    const name = Array.from(mention[1] ?? "").length;
    hidden.add(begin + 1);
    for (let at = begin + 2 + name; at < begin + length; at += 1) hidden.add(at);
  }
  return hidden;
}
