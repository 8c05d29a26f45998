/** Asks while somebody types, and shows the answer to what stands in the field now. */
import { useCallback, useEffect, useRef, useState } from "react";
import { type FoundMessage, searchMessages } from "../../../api/search";

export type Search =
  | { status: "idle" }
  | { status: "asking"; results: FoundMessage[] }
  | { status: "found"; results: FoundMessage[]; next: string | null }
  | { status: "failed"; error: Error };

const PAUSE_MS = 200;
const IDLE: Search = { status: "idle" };

/** `document`: null looks everywhere. */
export function useSearch(query: string, document: string | null) {
  const [search, setSearch] = useState<Search>(IDLE);
  const turn = useRef(0);
  const [tries, setTries] = useState(0);
  const asked = query.trim();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `tries` asks the same again
  useEffect(() => {
    turn.current += 1;
    const mine = turn.current;
    if (asked === "") {
      setSearch(IDLE);
      return;
    }
    setSearch((before) => ({
      status: "asking",
      results: "results" in before ? before.results : [],
    }));
    const say = (next: Search) => mine === turn.current && setSearch(next);
    const timer = setTimeout(() => {
      searchMessages(asked, document).then(
        (found) => say({ status: "found", ...found }),
        (error: Error) => say({ status: "failed", error }),
      );
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [asked, document, tries]);

  const more = useCallback(async () => {
    if (search.status !== "found" || search.next === null) return;
    const mine = turn.current;
    const { results, next } = search;
    setSearch({ status: "asking", results });
    try {
      const found = await searchMessages(asked, document, next);
      if (mine !== turn.current) return;
      setSearch({ status: "found", results: [...results, ...found.results], next: found.next });
    } catch {
      if (mine === turn.current) setSearch(search);
    }
  }, [asked, document, search]);

  return { search, more, again: () => setTries((before) => before + 1) };
}
