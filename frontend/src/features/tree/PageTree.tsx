import { type MouseEvent, useCallback, useEffect, useMemo, useState } from "react";
import { useMatch } from "react-router";
import type { Place } from "../../api/pages";
import { t } from "../../locales";
import { Skeleton } from "../../ui/Skeleton";
import { useStore } from "../../ui/store";
import { usePageActions } from "./actions";
import { expanded, setExpanded } from "./expanded";
import { PageMenuItems } from "./PageMenu";
import { focusRow, TreeRow } from "./TreeRow";
import { childrenOf, pathTo, rowsOf } from "./tree";
import { useUnreadChats } from "./unread";
import { useMove, usePages } from "./usePages";
import { useTreeDrag } from "./useTreeDrag";
import { useTreeKeys } from "./useTreeKeys";

export function PageTree({ isMember }: { isMember: boolean }) {
  const { pages, isPending } = usePages();
  const open = useStore(expanded);
  const current = useMatch("/d/:id")?.params.id ?? null;
  const [focused, setFocused] = useState<string | null>(null);
  const [menuOf, setMenuOf] = useState<string | null>(null);
  const [renamed, setRenamed] = useState<string | null>(null);
  const actions = usePageActions();
  const unread = useUnreadChats();
  const children = useMemo(() => childrenOf(pages), [pages]);
  const rows = useMemo(() => rowsOf(children, open), [children, open]);
  useUnfolded(current);
  const move = useMove();
  const onMove = (id: string, place: Place) => {
    void move(id, place);
    // The row is drawn elsewhere now, and who moves it with the keyboard goes along.
    requestAnimationFrame(() => focusRow(id));
  };
  const drag = useTreeDrag({ rows, children, pages, onMove });
  const onKeyDown = useTreeKeys({
    rows,
    children,
    onMove,
    onOpen: actions.open,
    onMenu: setMenuOf,
    onRename: setRenamed,
  });
  const row = useRowHandlers(actions, setMenuOf, setRenamed);
  const reachable = [focused, current].find((id) => rows.some(({ page }) => page.id === id));
  if (isPending) return <Skeleton />;
  if (rows.length === 0) return <p className="sidebar-hint">{t.noPages}</p>;
  return (
    <div
      role="tree"
      className="tree"
      aria-label={t.pages}
      onKeyDown={onKeyDown}
      onFocus={(event) => setFocused((event.target as HTMLElement).dataset.page ?? focused)}
      onContextMenu={(event) => openMenu(event, setMenuOf)}
      {...drag.handlers}
    >
      {rows.map((each, at) => (
        <TreeRow
          key={each.page.id}
          row={each}
          isCurrent={each.page.id === current}
          isReachable={reachable === undefined ? at === 0 : each.page.id === reachable}
          isRenamed={each.page.id === renamed}
          isMenuOpen={each.page.id === menuOf}
          isDragged={each.page.id === drag.dragged}
          drop={each.page.id === drag.drop?.id ? drag.drop.where : null}
          isMember={isMember}
          // The chat of the open page counts by itself.
          unread={each.page.id === current ? 0 : (unread[each.page.id]?.count ?? 0)}
          menu={
            each.page.id === menuOf && (
              <PageMenuItems
                page={each.page}
                actions={actions}
                isMember={isMember}
                hasChildren={each.hasChildren}
                onRename={() => setRenamed(each.page.id)}
              />
            )
          }
          {...row}
        />
      ))}
    </div>
  );
}

/** The same functions each time, so that a row is not drawn again for them. */
function useRowHandlers(
  actions: ReturnType<typeof usePageActions>,
  onMenu: (id: string | null) => void,
  setRenamed: (id: string | null) => void,
) {
  const [latest] = useState({ actions });
  latest.actions = actions;
  const onToggle = useCallback((id: string) => setExpanded([id], !expanded.get().has(id)), []);
  const onAdd = useCallback((id: string) => void latest.actions.create({ parent: id }), [latest]);
  const onRename = useCallback(
    (id: string, title: string | null) => {
      setRenamed(null);
      if (title !== null) void latest.actions.rename(id, title);
      requestAnimationFrame(() => focusRow(id));
    },
    [latest, setRenamed],
  );
  return { onToggle, onAdd, onRename, onMenu };
}

/** Where one is, is always to be seen. */
function useUnfolded(current: string | null): void {
  const { pages, isPending } = usePages();
  // biome-ignore lint/correctness/useExhaustiveDependencies: who folds it up again meanwhile means it
  useEffect(() => {
    if (current === null || isPending) return;
    const above = pathTo(pages, current).slice(0, -1);
    const folded = above.map(({ id }) => id).filter((id) => !expanded.get().has(id));
    if (folded.length > 0) setExpanded(folded, true);
    const row = document.querySelector(`[data-page="${CSS.escape(current)}"]`);
    row?.scrollIntoView({ block: "nearest" });
  }, [current, isPending]);
}

function openMenu(event: MouseEvent, setMenuOf: (id: string) => void): void {
  const id = (event.target as Element).closest<HTMLElement>("[data-page]")?.dataset.page;
  if (id === undefined) return;
  event.preventDefault();
  setMenuOf(id);
}
