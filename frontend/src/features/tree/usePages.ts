/** The tree as the person sees it: what the server said, and on top of it what they just did. */
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { ApiError } from "../../api/client";
import { fetchTree, movePage, type Place, type TreePage } from "../../api/pages";
import { t } from "../../locales";
import { Store, useStore } from "../../ui/store";
import { toast } from "../../ui/toast";
import { moved } from "./tree";

interface Move {
  id: string;
  place: Place;
}

/** Moves that the server has not yet confirmed: they are shown at once, and gone when they are refused. */
const moves = new Store<readonly Move[]>([]);
/** The titles of what is open here: letters that are on their way to the server already. */
const titles = new Store<ReadonlyMap<string, string>>(new Map());

const NONE: TreePage[] = [];
/** While nobody tells of changes, one asks. */
export const ASK_EVERY_MS = 15_000;
export const isTold = new Store(false);

export function usePages() {
  const isConnected = useStore(isTold);
  const tree = useQuery({
    queryKey: ["tree"],
    queryFn: fetchTree,
    refetchInterval: isConnected ? false : ASK_EVERY_MS,
  });
  const underWay = useStore(moves);
  const open = useStore(titles);
  const pages = useMemo(() => {
    const now = underWay.reduce<readonly TreePage[]>(
      (found, { id, place }) => moved(found, id, place),
      tree.data ?? NONE,
    );
    return open.size === 0 ? now : now.map((page) => renamed(page, open.get(page.id)));
  }, [tree.data, underWay, open]);
  return { pages, isPending: tree.isPending, isError: tree.isError, refetch: tree.refetch };
}

function renamed(page: TreePage, title: string | undefined): TreePage {
  return title === undefined || title === page.title ? page : { ...page, title };
}

/** `null`: no longer open here. The last title stays until the server says another. */
export function showTitle(queries: QueryClient, id: string, title: string | null): void {
  const next = new Map(titles.get());
  const last = next.get(id);
  if (title === null) next.delete(id);
  else next.set(id, title);
  if (title === null && last !== undefined) {
    queries.setQueryData<TreePage[]>(["tree"], (pages) =>
      pages?.map((page) => (page.id === id ? { ...page, title: last } : page)),
    );
  }
  titles.set(next);
}

/** Who is at which page now, without asking for the tree again. */
export function showHere(queries: QueryClient, here: Record<string, TreePage["here"]>): void {
  queries.setQueryData<TreePage[]>(["tree"], (pages) =>
    pages?.map((page) => {
      const people = here[page.id];
      return people === undefined ? page : { ...page, here: people };
    }),
  );
}

/** Moves a page at once, and back with a sentence when the server refuses. */
export function useMove(): (id: string, place: Place) => Promise<void> {
  const queries = useQueryClient();
  return async (id, place) => {
    const move = { id, place };
    moves.set([...moves.get(), move]);
    try {
      await movePage(id, place);
      // What was asked before the move would show the page at its old place once more.
      await queries.cancelQueries({ queryKey: ["tree"] });
      queries.setQueryData<TreePage[]>(["tree"], (pages) => pages && [...moved(pages, id, place)]);
    } catch (error) {
      toast(t.cannotMove(sentenceOf(error)));
    }
    moves.set(moves.get().filter((each) => each !== move));
    await queries.invalidateQueries({ queryKey: ["tree"] });
  };
}

/** What the server said, or that it could not be asked. */
export function sentenceOf(error: unknown): string {
  return error instanceof ApiError ? error.message : t.cannotReach;
}
