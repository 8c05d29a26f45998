import { type Editor, useEditorState } from "@tiptap/react";
import { t } from "../locales";

/** Shown above the text while the caret is in a table. */
export function TableBar({ editor }: { editor: Editor }) {
  const isShown = useEditorState({ editor, selector: ({ editor: e }) => e.isActive("table") });
  if (!isShown) return null;
  const chain = () => editor.chain().focus();
  const actions = [
    [t.addRow, () => chain().addRowAfter().run()],
    [t.addColumn, () => chain().addColumnAfter().run()],
    [t.headerRow, () => chain().toggleHeaderRow().run()],
    [t.deleteRow, () => chain().deleteRow().run()],
    [t.deleteColumn, () => chain().deleteColumn().run()],
    [t.deleteTable, () => chain().deleteTable().run()],
  ] as const;
  return (
    <div className="table-bar" role="toolbar" aria-label={t.tableTools}>
      {actions.map(([label, run]) => (
        <button key={label} type="button" className="button small" onMouseDown={(e) => e.preventDefault()} onClick={run}>
          {label}
        </button>
      ))}
    </div>
  );
}
