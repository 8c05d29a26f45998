/**
 * What a message says, as a tree: a small part of Markdown. It is drawn as elements, never as markup; whatever is not known
 * here stays the text that it is. Work and depth are bounded by the length of the text.
 */
export type Inline =
  | string
  | { kind: "bold" | "italic" | "strike"; inside: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "link"; href: string; inside: Inline[] }
  | { kind: "mention"; id: string; name: string }
  | { kind: "break" };

export type Block =
  | { kind: "paragraph"; inside: Inline[] }
  | { kind: "code"; language: string; text: string }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "list"; start: number | null; items: Block[][] };

const DEPTH_LIMIT = 6;

const FENCE = /^ {0,3}(```+|~~~+)\s*([\w+#-]*)[^`]*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|(\d{1,9})[.)])( +)(?=\S)/;

export function parse(text: string): Block[] {
  return blocksOf(text.split("\n"), 0);
}

function blocksOf(lines: string[], depth: number): Block[] {
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const end = () => {
    if (paragraph.length > 0) {
      blocks.push({ kind: "paragraph", inside: inlineOf(paragraph.join("\n")) });
    }
    paragraph = [];
  };
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? "";
    const taken = depth < DEPTH_LIMIT ? takeBlock(lines, at, depth) : null;
    if (taken !== null || line.trim() === "") end();
    else paragraph.push(line);
    if (taken !== null) blocks.push(taken.block);
    at = taken?.next ?? at + 1;
  }
  end();
  return blocks;
}

interface Taken {
  block: Block;
  next: number;
}

function takeBlock(lines: string[], at: number, depth: number): Taken | null {
  const line = lines[at] ?? "";
  const fence = FENCE.exec(line);
  if (fence) return takeCode(lines, at, fence[1] ?? "```", fence[2] ?? "");
  if (QUOTE.test(line)) return takeQuote(lines, at, depth);
  return ITEM.test(line) ? takeList(lines, at, depth) : null;
}

/** Without an end, everything that follows is code: so it is while somebody still writes. */
function takeCode(lines: string[], at: number, fence: string, language: string): Taken {
  let end = at + 1;
  while (end < lines.length && !isEndOf(fence, lines[end] ?? "")) end += 1;
  const text = lines.slice(at + 1, end).join("\n");
  return { block: { kind: "code", language, text }, next: end + 1 };
}

function isEndOf(fence: string, line: string): boolean {
  const bare = line.trim();
  return bare.startsWith(fence) && bare.replaceAll(fence[0] ?? "`", "") === "";
}

function takeQuote(lines: string[], at: number, depth: number): Taken {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end] ?? "")) end += 1;
  const inside = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
  return { block: { kind: "quote", blocks: blocksOf(inside, depth + 1) }, next: end };
}

function takeList(lines: string[], at: number, depth: number): Taken {
  const first = ITEM.exec(lines[at] ?? "");
  const isOrdered = first?.[3] !== undefined;
  const items: string[][] = [];
  let indent = 0;
  let end = at;
  for (; end < lines.length; end += 1) {
    const line = lines[end] ?? "";
    const item = ITEM.exec(line);
    if (
      item &&
      (item[3] !== undefined) === isOrdered &&
      (items.length === 0 || !isInside(line, indent))
    ) {
      indent = item[0].length;
      items.push([line.slice(indent)]);
    } else if (line.trim() !== "" && isInside(line, indent)) {
      items.at(-1)?.push(line.slice(Math.min(indent, line.length - line.trimStart().length)));
    } else break;
  }
  const start = isOrdered ? Number(first?.[3]) : null;
  const block: Block = {
    kind: "list",
    start,
    items: items.map((item) => blocksOf(item, depth + 1)),
  };
  return { block, next: end };
}

const isInside = (line: string, indent: number) =>
  line.length - line.trimStart().length >= Math.min(indent, 2);

// -- within a line

const MENTION = /@\[([^\]\n]{1,100})\]\(person:([\w-]{1,64})\)/y;
const LINK = /\[([^[\]\n]{1,500})\]\(((?:[^\s()]|\([^\s()]{0,500}\)){1,2000})\)/y;
const ADDRESS = /https?:\/\/[^\s<>"`]{1,2000}/iy;
const MAIL = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}/y;
const ESCAPED = /\\([\\`*_~[\]()>#+\-.!@])/y;
const TICKS = /`+/y;
const MARK = /\*\*|\*|__|_|~~/y;
const WORD = /[\p{L}\p{N}_]/u;
const KINDS = { "**": "bold", __: "bold", "*": "italic", _: "italic", "~~": "strike" } as const;
type Mark = keyof typeof KINDS;

const SAFE = /^(https?:\/\/|mailto:)/i;

function inlineOf(text: string): Inline[] {
  const out = new Run();
  const unclosed = new Set<number>();
  for (let at = 0; at < text.length; ) at = takeInline(text, at, out, unclosed);
  return out.end();
}

/** Where to go on. */
function takeInline(text: string, at: number, out: Run, unclosed: Set<number>): number {
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const char = text[at] ?? "";
  const before = text[at - 1] ?? "";
  let found: RegExpExecArray | null = null;
  if (char === "\n") {
    out.push({ kind: "break" });
    return at + 1;
  }
  if (char === "\\") found = match(ESCAPED);
  if (found) {
    out.text(found[1] ?? "");
    return at + 2;
  }
  if (char === "`") return takeTicks(text, at, out, unclosed, match(TICKS)?.[0].length ?? 1);
  if (char === "@") found = match(MENTION);
  if (found) {
    out.push({ kind: "mention", name: found[1] ?? "", id: found[2] ?? "" });
    return at + found[0].length;
  }
  if (char === "[") found = match(LINK);
  if (found && SAFE.test(found[2] ?? "")) {
    out.push({ kind: "link", href: found[2] ?? "", inside: plainInline(found[1] ?? "") });
    return at + found[0].length;
  }
  if (!WORD.test(before)) {
    const link = addressAt(match);
    if (link !== null) {
      out.push({ kind: "link", href: link.href, inside: [link.shown] });
      return at + link.shown.length;
    }
  }
  if ("*_~".includes(char)) {
    const mark = match(MARK)?.[0] as Mark | undefined;
    if (mark) {
      out.mark(mark, before, text[at + mark.length] ?? "");
      return at + mark.length;
    }
  }
  out.text(char);
  return at + 1;
}

/** In the words of a link: no links within. */
function plainInline(text: string): Inline[] {
  return [text];
}

function takeTicks(
  text: string,
  at: number,
  out: Run,
  unclosed: Set<number>,
  length: number,
): number {
  const ticks = "`".repeat(length);
  const end = unclosed.has(length) ? -1 : endOfTicks(text, at + length, ticks);
  if (end < 0) {
    unclosed.add(length);
    out.text(ticks);
    return at + length;
  }
  out.push({
    kind: "code",
    text: text
      .slice(at + length, end)
      .replaceAll("\n", " ")
      .trim(),
  });
  return end + length;
}

function endOfTicks(text: string, from: number, ticks: string): number {
  for (let at = text.indexOf(ticks, from); at >= 0; at = text.indexOf(ticks, at + 1)) {
    if (text[at - 1] !== "`" && text[at + ticks.length] !== "`") return at;
  }
  return -1;
}

function addressAt(match: (pattern: RegExp) => RegExpExecArray | null) {
  const address = match(ADDRESS)?.[0];
  if (address !== undefined) {
    const shown = withoutEnd(address);
    return shown.length > "https://".length ? { href: shown, shown } : null;
  }
  const mail = match(MAIL)?.[0];
  return mail === undefined ? null : { href: `mailto:${mail}`, shown: mail };
}

/** A full stop behind an address, or the bracket around it, is the sentence's. */
function withoutEnd(address: string): string {
  let end = address.length;
  for (; end > 0; end -= 1) {
    const last = address[end - 1] ?? "";
    const isClosing = last === ")" && count(address, end, ")") > count(address, end, "(");
    if (!isClosing && !/[.,:;!?'"*_~\]}，。；：！？、）】」』》]/.test(last)) break;
  }
  return address.slice(0, end);
}

function count(text: string, end: number, wanted: string): number {
  let found = 0;
  for (let at = 0; at < end; at += 1) if (text[at] === wanted) found += 1;
  return found;
}

/** What has been read of a line, and the marks in it that may still find their partner. */
class Run {
  #levels: { mark: Mark; inside: Inline[] }[] = [{ mark: "*", inside: [] }];

  text(text: string): void {
    const { inside } = this.#top();
    const last = inside.at(-1);
    if (typeof last === "string") inside[inside.length - 1] = last + text;
    else inside.push(text);
  }

  push(node: Exclude<Inline, string>): void {
    this.#top().inside.push(node);
  }

  mark(mark: Mark, before: string, after: string): void {
    const isWordy = mark.startsWith("_");
    const canClose = before !== "" && !/\s/.test(before) && !(isWordy && WORD.test(after));
    const canOpen = after !== "" && !/\s/.test(after) && !(isWordy && WORD.test(before));
    const at = canClose ? this.#levels.findLastIndex((level) => level.mark === mark) : -1;
    if (at > 0 && (this.#levels[at]?.inside.length ?? 0) + this.#levels.length - at > 1)
      this.#close(at);
    else if (canOpen && this.#levels.length <= DEPTH_LIMIT) this.#levels.push({ mark, inside: [] });
    else this.text(mark);
  }

  end(): Inline[] {
    while (this.#levels.length > 1) this.#giveUp();
    return this.#top().inside;
  }

  #close(at: number): void {
    while (this.#levels.length > at + 1) this.#giveUp();
    const level = this.#levels.pop();
    if (level) this.push({ kind: KINDS[level.mark], inside: level.inside });
  }

  /** It found no partner: it is text. */
  #giveUp(): void {
    const level = this.#levels.pop();
    if (!level) return;
    this.text(level.mark);
    for (const node of level.inside) {
      if (typeof node === "string") this.text(node);
      else this.push(node);
    }
  }

  #top() {
    return this.#levels.at(-1) ?? { mark: "*" as Mark, inside: [] };
  }
}

// -- in one line

/** What it says, without any marks. */
export function plainOf(text: string): string {
  return parse(text).map(plainBlock).join(" ").replace(/\s+/g, " ").trim();
}

function plainBlock(block: Block): string {
  if (block.kind === "paragraph") return block.inside.map(plainInlineText).join("");
  if (block.kind === "code") return block.text;
  if (block.kind === "quote") return block.blocks.map(plainBlock).join(" ");
  return block.items.map((item) => item.map(plainBlock).join(" ")).join(", ");
}

function plainInlineText(node: Inline): string {
  if (typeof node === "string") return node;
  if (node.kind === "break") return " ";
  if (node.kind === "mention") return `@${node.name}`;
  if (node.kind === "code") return node.text;
  return node.inside.map(plainInlineText).join("");
}

const EMOJI =
  "(?:\\p{Regional_Indicator}{2}|\\p{Extended_Pictographic}(?:\\p{Emoji_Modifier}|\\ufe0f|\\u200d\\p{Extended_Pictographic})*)";
const EMOJI_ONLY = new RegExp(`^(?:${EMOJI}\\s*){1,3}$`, "u");

/** A few emoji alone are drawn large. */
export const isEmojiOnly = (text: string): boolean => text.length < 64 && EMOJI_ONLY.test(text);
