/** Grammars arrive with the first code block that names a language: they are a sixth of the page otherwise. */

export interface Run {
  from: number;
  to: number;
  names: string;
}

interface Leaf {
  type: string;
  value?: string;
  properties?: { className?: string[] };
  children?: Leaf[];
}

type Highlighter = (code: string, language: string) => Leaf | null;

let highlighter: Highlighter | null = null;
let waiting: Set<() => void> | null = null;

/** Coloured stretches of `code`; none yet while the grammars are on their way, then `loaded` is called. */
export function colourRuns(code: string, language: string, loaded: () => void): Run[] {
  if (language === "" || language === "text" || language === "plain") return [];
  if (highlighter === null) {
    load(loaded);
    return [];
  }
  const tree = highlighter(code, language);
  const runs: Run[] = [];
  if (tree !== null) collect(tree, 0, [], runs);
  return runs;
}

function load(loaded: () => void): void {
  if (waiting !== null) {
    waiting.add(loaded);
    return;
  }
  waiting = new Set([loaded]);
  import("lowlight").then(
    ({ common, createLowlight }) => {
      const lowlight = createLowlight(common);
      highlighter = (code, language) =>
        lowlight.registered(language) ? (lowlight.highlight(language, code) as Leaf) : null;
      for (const each of waiting ?? []) each();
    },
    () => {
      // Offline without the chunk: plain code is still code; the next block tries again.
      waiting = null;
    },
  );
}

function collect(leaf: Leaf, at: number, names: string[], runs: Run[]): number {
  if (leaf.type === "text") {
    const to = at + (leaf.value?.length ?? 0);
    if (names.length > 0) runs.push({ from: at, to, names: names.join(" ") });
    return to;
  }
  const inside = [...names, ...(leaf.properties?.className ?? [])];
  return (leaf.children ?? []).reduce((from, child) => collect(child, from, inside, runs), at);
}
