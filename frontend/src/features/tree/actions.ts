/** What one can do with a page from its menu, each with its undo or its sentence. */
import { useQueryClient } from "@tanstack/react-query";
import { useMatch, useNavigate } from "react-router";
import {
  createPage,
  duplicatePage,
  markTemplate,
  type NewPage,
  renamePage,
  restorePage,
  setFavourite,
  trashPage,
} from "../../api/pages";
import { t } from "../../locales";
import { copyText } from "../../ui/copy";
import { Store } from "../../ui/store";
import { toast } from "../../ui/toast";
import { expanded, setExpanded } from "./expanded";
import { isWithin } from "./tree";
import { sentenceOf, usePages } from "./usePages";

/** The dialog that is open over the page, and for which page. */
export type PageDialog = { name: "move" | "share"; id: string } | null;
export const dialog = new Store<PageDialog>(null);

/** From a menu: it closes first, so that the dialog gives the focus back to where the menu was opened. */
export function openDialog(next: NonNullable<PageDialog>): void {
  requestAnimationFrame(() => {
    if (document.querySelector('[role="menu"]')) openDialog(next);
    // The menu that is gone gives the focus back in a task of its own, which was queued before this one.
    else setTimeout(() => dialog.set(next));
  });
}

/** Everything that lists pages. */
const LISTS = ["tree", "documents", "favourites", "recents", "templates", "trash", "document"];

export function useRefresh(): () => void {
  const queries = useQueryClient();
  return () => {
    for (const each of LISTS) void queries.invalidateQueries({ queryKey: [each] });
  };
}

/** Does it, asks anew, and says what went wrong. */
export function useDo() {
  const refresh = useRefresh();
  return async <T>(job: () => Promise<T>, done?: (result: T) => void): Promise<void> => {
    try {
      const result = await job();
      done?.(result);
    } catch (error) {
      toast(sentenceOf(error));
    }
    refresh();
  };
}

export function usePageActions() {
  const act = useDo();
  const navigate = useNavigate();
  const { pages } = usePages();
  const opened = useMatch("/d/:id")?.params.id;
  const create = (page: NewPage = {}) =>
    act(
      () => createPage(page),
      (made) => {
        if (page.parent && !expanded.get().has(page.parent)) setExpanded([page.parent], true);
        void navigate(`/d/${made.id}`, { state: { isNew: true } });
      },
    );
  const restore = (id: string) => act(() => restorePage(id));
  const trash = (id: string, title: string) =>
    act(
      () => trashPage(id),
      () => {
        if (opened !== undefined && isWithin(pages, opened, id)) void navigate("/");
        const undo = { label: t.undoIt, run: () => void restore(id) };
        toast(t.movedToTrash(title || t.untitled), undo);
      },
    );
  return {
    create,
    restore,
    trash,
    rename: (id: string, title: string) => act(() => renamePage(id, title)),
    duplicate: (id: string, withChildren: boolean) =>
      act(
        () => duplicatePage(id, withChildren),
        (copy) => void navigate(`/d/${copy.id}`),
      ),
    favour: (id: string, isFavourite: boolean) => act(() => setFavourite(id, isFavourite)),
    template: (id: string, isTemplate: boolean) =>
      act(
        () => markTemplate(id, isTemplate),
        () => toast(isTemplate ? t.isTemplateNow : t.isNoTemplateNow),
      ),
    copyLink: (id: string) => copyText(`${location.origin}/d/${id}`),
    open: (id: string) => navigate(`/d/${id}`),
  };
}

export type PageActions = ReturnType<typeof usePageActions>;
