/** The document as Markdown, made here: what a person takes along when the server cannot be asked. */

export interface Block {
  type: string;
  text?: string;
  attrs?: Record<string, unknown>;
  marks?: { type: string; attrs?: Record<string, unknown> }[];
  content?: Block[];
}

const FENCES: Record<string, string> = { bold: "**", italic: "*", strike: "~~", highlight: "==" };

export function markdownOf(title: string, body: Block): string {
  const heading = title.trim() === "" ? "" : `# ${title.trim()}\n\n`;
  return `${heading}${blocks(body.content ?? [])}\n`;
}

function blocks(nodes: Block[]): string {
  return nodes.map(block).join("\n\n");
}

function block(node: Block): string {
  const children = node.content ?? [];
  switch (node.type) {
    case "heading":
      return `${"#".repeat(Number(node.attrs?.level ?? 1))} ${inline(children)}`;
    case "bulletList":
      return children.map((item) => listItem("- ", item)).join("\n");
    case "orderedList": {
      const start = Number(node.attrs?.start ?? 1);
      return children.map((item, at) => listItem(`${start + at}. `, item)).join("\n");
    }
    case "taskList":
      return children
        .map((item) => listItem(item.attrs?.checked ? "- [x] " : "- [ ] ", item))
        .join("\n");
    case "blockquote":
      return indent(blocks(children), "> ", "> ");
    case "codeBlock":
      return codeBlock(node);
    case "horizontalRule":
      return "---";
    case "image":
      return `![${node.attrs?.alt ?? ""}](${node.attrs?.src ?? ""})`;
    case "table":
      return table(children);
    default:
      return inline(children);
  }
}

function codeBlock(node: Block): string {
  const code = (node.content ?? []).map((each) => each.text ?? "").join("");
  const longest = Math.max(2, ...(code.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${node.attrs?.language ?? ""}\n${code}\n${fence}`;
}

function listItem(marker: string, item: Block): string {
  const [first, ...rest] = item.content ?? [];
  const width = marker.startsWith("- ") ? 2 : marker.length;
  const parts = [first ? block(first) : "", ...rest.map(block)];
  const isTight = rest.every((each) => each.type.endsWith("List"));
  return indent(parts.join(isTight ? "\n" : "\n\n"), marker, " ".repeat(width));
}

function indent(text: string, first: string, others: string): string {
  return text
    .split("\n")
    .map((line, at) => (at === 0 ? first : others) + line)
    .map((line) => line.trimEnd())
    .join("\n");
}

function table(rows: Block[]): string {
  const lines = rows.map((row) => {
    const cells = (row.content ?? []).map((cell) =>
      blocks(cell.content ?? [])
        .replaceAll("|", "\\|")
        .replaceAll(/\n+/g, " "),
    );
    return `| ${cells.join(" | ")} |`;
  });
  const width = rows[0]?.content?.length ?? 0;
  return [lines[0], `|${" --- |".repeat(width)}`, ...lines.slice(1)].join("\n");
}

function inline(nodes: Block[]): string {
  return nodes.map(run).join("");
}

function run(node: Block): string {
  if (node.type === "hardBreak") return "  \n";
  const marks = node.marks ?? [];
  const isCode = marks.some((mark) => mark.type === "code");
  let text = node.text ?? "";
  text = isCode ? `\`${text}\`` : text.replaceAll(/[\\`*_[\]]/g, "\\$&");
  // Markdown reads "** word**" as two stars: the blanks go outside the fences.
  const [, before = "", core = "", after = ""] = /^(\s*)(.*?)(\s*)$/s.exec(text) ?? [];
  if (core === "") return text;
  let dressed = core;
  for (const mark of marks) {
    const fence = FENCES[mark.type];
    if (fence) dressed = fence + dressed + fence;
    if (mark.type === "underline") dressed = `<u>${dressed}</u>`;
  }
  const link = marks.find((mark) => mark.type === "link");
  if (link) dressed = `[${dressed}](${link.attrs?.href ?? ""})`;
  return before + dressed + after;
}
