import { ChevronRight, Ellipsis, Plus } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { memo, type ReactNode, useEffect, useRef } from "react";
import { Link } from "react-router";
import { c, t } from "../../locales";
import { mayWrite } from "../../protocol/control";
import type { Row, Where } from "./tree";

interface Props {
  row: Row;
  isCurrent: boolean;
  /** The one row that Tab reaches. */
  isReachable: boolean;
  isRenamed: boolean;
  isMenuOpen: boolean;
  isDragged: boolean;
  /** Where a dragged page would land on this row. */
  drop: Where | null;
  isMember: boolean;
  /** Messages of its chat. */
  unread: number;
  menu: ReactNode;
  onToggle: (id: string) => void;
  onMenu: (id: string | null) => void;
  onAdd: (id: string) => void;
  onRename: (id: string, title: string | null) => void;
}

/** Drawn again only when something of this row changes: there may be thousands. */
export const TreeRow = memo(function TreeRow(props: Props) {
  const { row, isCurrent, isReachable, isDragged, drop, unread } = props;
  const { page, level, hasChildren, isExpanded, index, siblings } = row;
  const title = page.title || t.untitled;
  const here = page.here.map(({ name }) => name).join(", ");
  return (
    <div
      role="treeitem"
      className={`row page${isCurrent ? " active" : ""}${isDragged ? " dragged" : ""}${drop ? ` drop-${drop}` : ""}`}
      style={{ "--level": level - 1 } as React.CSSProperties}
      aria-level={level}
      aria-posinset={index}
      aria-setsize={siblings}
      aria-expanded={hasChildren ? isExpanded : undefined}
      aria-current={isCurrent ? "page" : undefined}
      aria-selected={isCurrent}
      aria-label={[title, here && t.here(here), unread > 0 && c.unreadIn(unread)]
        .filter(Boolean)
        .join(", ")}
      tabIndex={isReachable ? 0 : -1}
      data-page={page.id}
      draggable={page.role === "manage" && !props.isRenamed}
    >
      <span
        className={isExpanded ? "twisty open" : "twisty"}
        aria-hidden="true"
        onClick={() => props.onToggle(page.id)}
      >
        {hasChildren && <ChevronRight size={14} strokeWidth={2} />}
      </span>
      {props.isRenamed ? (
        <RenameField title={page.title} onDone={(next) => props.onRename(page.id, next)} />
      ) : (
        <Link to={`/d/${page.id}`} tabIndex={-1} draggable={false} className="name">
          {title}
        </Link>
      )}
      {unread > 0 && (
        // The row's name says it in words; a bare number in its text would be another name.
        <span
          className="chat-count"
          title={c.unreadIn(unread)}
          data-count={unread > 99 ? "99+" : unread}
        />
      )}
      {here && <span className="dot" title={t.here(here)} />}
      <RowButtons {...props} title={title} />
    </div>
  );
});

function RowButtons({
  row,
  title,
  isMember,
  isMenuOpen,
  menu,
  onMenu,
  onAdd,
}: Props & { title: string }) {
  const { page } = row;
  const more = (
    <button
      type="button"
      className="icon-button"
      tabIndex={-1}
      aria-label={t.moreOf(title)}
      onClick={() => onMenu(page.id)}
    >
      <Ellipsis size={15} aria-hidden="true" />
    </button>
  );
  return (
    <span className={isMenuOpen ? "row-buttons open" : "row-buttons"}>
      {isMenuOpen ? (
        <DropdownMenu.Root open modal={false} onOpenChange={(open) => !open && onMenu(null)}>
          <DropdownMenu.Trigger asChild>{more}</DropdownMenu.Trigger>
          <DropdownMenu.Portal>
            <DropdownMenu.Content
              className="menu"
              align="start"
              sideOffset={4}
              onCloseAutoFocus={(event) => {
                // The row had the focus, not its button, which no key reaches.
                event.preventDefault();
                focusRow(page.id);
              }}
            >
              {menu}
            </DropdownMenu.Content>
          </DropdownMenu.Portal>
        </DropdownMenu.Root>
      ) : (
        more
      )}
      {mayWrite(page.role) && isMember && (
        <button
          type="button"
          className="icon-button add"
          tabIndex={-1}
          aria-label={t.newPageIn(title)}
          onClick={() => onAdd(page.id)}
        >
          <Plus size={15} aria-hidden="true" />
        </button>
      )}
    </span>
  );
}

export function focusRow(id: string): void {
  const row = document.querySelector<HTMLElement>(`[data-page="${CSS.escape(id)}"]`);
  // A title that is being written keeps the focus.
  if (row?.querySelector("input") == null) row?.focus();
}

function RenameField({ title, onDone }: { title: string; onDone: (next: string | null) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const isDone = useRef(false);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const finish = (next: string | null) => {
    if (isDone.current) return;
    isDone.current = true;
    onDone(next === null || next.trim() === title ? null : next.trim());
  };
  return (
    <input
      ref={field}
      className="rename"
      aria-label={t.titleField}
      defaultValue={title}
      maxLength={300}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Enter") finish(event.currentTarget.value);
        if (event.key === "Escape") finish(null);
      }}
      onBlur={(event) => finish(event.currentTarget.value)}
    />
  );
}
