import { findParentNode, posToDOMRect } from "@tiptap/core";
import { type Editor, useEditorState } from "@tiptap/react";
import { BubbleMenu } from "@tiptap/react/menus";
import {
  BetweenHorizontalEnd,
  BetweenHorizontalStart,
  BetweenVerticalEnd,
  BetweenVerticalStart,
  Columns3,
  Heading,
  type LucideIcon,
  Rows3,
  Trash2,
} from "lucide-react";
import { t } from "../locales";

const isInTable = findParentNode((node) => node.type.name === "table");

/** Floats above the table that holds the caret. */
export function TableBar({ editor }: { editor: Editor }) {
  const hasHeader = useEditorState({
    editor,
    selector: ({ editor: e }) =>
      isInTable(e.state.selection)?.node.firstChild?.firstChild?.type.name === "tableHeader",
  });
  const chain = () => editor.chain().focus();
  const actions: [string, LucideIcon, () => void][] = [
    [t.addRowAbove, BetweenHorizontalStart, () => chain().addRowBefore().run()],
    [t.addRow, BetweenHorizontalEnd, () => chain().addRowAfter().run()],
    [t.deleteRow, Rows3, () => chain().deleteRow().run()],
    [t.addColumnBefore, BetweenVerticalStart, () => chain().addColumnBefore().run()],
    [t.addColumn, BetweenVerticalEnd, () => chain().addColumnAfter().run()],
    [t.deleteColumn, Columns3, () => chain().deleteColumn().run()],
  ];
  return (
    <BubbleMenu
      editor={editor}
      pluginKey="tableBar"
      className="bubble table-bar"
      updateDelay={0}
      getReferencedVirtualElement={() => {
        const table = isInTable(editor.state.selection);
        if (!table) return null;
        const element = editor.view.nodeDOM(table.pos);
        const box = () =>
          element instanceof HTMLElement
            ? element.getBoundingClientRect()
            : posToDOMRect(editor.view, table.pos, table.pos + table.node.nodeSize);
        return { getBoundingClientRect: box, getClientRects: () => [box()] };
      }}
      options={{ placement: "top-end", offset: 8, flip: true, shift: { padding: 8 } }}
      shouldShow={({ editor: e, state }) =>
        e.isEditable &&
        e.isFocused &&
        state.selection.empty &&
        isInTable(state.selection) !== undefined
      }
    >
      <div role="toolbar" aria-label={t.tableTools}>
        {actions.map(([label, Icon, run], at) => (
          <button
            key={label}
            type="button"
            className={at === 2 || at === 5 ? "icon-button minus" : "icon-button"}
            aria-label={label}
            title={label}
            onMouseDown={(event) => event.preventDefault()}
            onClick={run}
          >
            <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
          </button>
        ))}
        <span className="divider" />
        <button
          type="button"
          className="icon-button"
          aria-label={t.headerRow}
          title={t.headerRow}
          aria-pressed={hasHeader}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => chain().toggleHeaderRow().run()}
        >
          <Heading size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label={t.deleteTable}
          title={t.deleteTable}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => chain().deleteTable().run()}
        >
          <Trash2 size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      </div>
    </BubbleMenu>
  );
}
