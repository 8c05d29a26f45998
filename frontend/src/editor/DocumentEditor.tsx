import { Collaboration } from "@tiptap/extension-collaboration";
import { CollaborationCaret } from "@tiptap/extension-collaboration-caret";
import { Placeholder } from "@tiptap/extensions";
import { EditorContent, useEditor } from "@tiptap/react";
import { yUndoPluginKey } from "@tiptap/y-tiptap";
import { useEffect } from "react";
import { t } from "../locales";
import type { Person } from "../protocol/frames";
import type { DocumentSession } from "../sync/session";
import { toast } from "../ui/toast";
import { BubbleBar } from "./BubbleBar";
import { renderCaret } from "./caret";
import { BODY, schemaExtensions } from "./extensions";
import { loadGrammars } from "./grammars";
import { SlashMenu } from "./slash";
import { TableBar } from "./TableBar";
import { TITLE_ORIGIN, TitleField } from "./TitleField";

interface Props {
  session: DocumentSession;
  canEdit: boolean;
  user: Person | null;
}

export function DocumentEditor({ session, canEdit, user }: Props) {
  const editor = useEditor(
    {
      extensions: [
        ...schemaExtensions(),
        Placeholder.configure({ placeholder: t.placeholder }),
        Collaboration.configure({ document: session.doc, field: BODY }),
        CollaborationCaret.configure({
          provider: session,
          user: { id: "", name: "", color: "#5A616C" },
          render: renderCaret,
        }),
        SlashMenu,
      ],
      editable: canEdit,
      injectCSS: false,
      shouldRerenderOnTransaction: false,
      editorProps: {
        attributes: {
          role: "textbox",
          "aria-multiline": "true",
          "aria-label": t.documentBody,
          class: "prose",
        },
        handleClick: openLink,
        handleKeyDown: (_, event) => {
          if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return false;
          event.preventDefault();
          toast(t.savedAutomatically);
          return true;
        },
      },
    },
    [session],
  );
  useEffect(() => {
    if (editor.isEditable !== canEdit) editor.setEditable(canEdit, false);
  }, [editor, canEdit]);
  useEffect(() => {
    if (user?.id) editor.commands.updateUser({ id: user.id, name: user.name, color: user.colour });
  }, [editor, user]);
  useEffect(() => shareUndo(editor.state, session), [editor, session]);
  useEffect(() => {
    const load = () => {
      let hasCode = false;
      editor.state.doc.descendants((node) => {
        hasCode = hasCode || node.type.name === "codeBlock";
        return !hasCode;
      });
      if (hasCode) void loadGrammars(() => editor.view.dispatch(editor.state.tr.setMeta("grammars", true)));
    };
    load();
    editor.on("update", load);
    return () => {
      editor.off("update", load);
    };
  }, [editor]);
  return (
    <>
      <TitleField text={session.doc.getText("title")} editor={editor} canEdit={canEdit} />
      {canEdit && <BubbleBar editor={editor} />}
      {canEdit && <TableBar editor={editor} />}
      <EditorContent editor={editor} className="body" />
    </>
  );
}

/** One undo for the title and the body, of my own edits only. */
function shareUndo(state: import("@tiptap/pm/state").EditorState, session: DocumentSession): void {
  const manager = yUndoPluginKey.getState(state)?.undoManager;
  if (!manager) return;
  manager.addToScope(session.doc.getText("title"));
  manager.trackedOrigins.add(TITLE_ORIGIN);
}

function openLink(_view: unknown, _at: number, event: MouseEvent): boolean {
  const link = (event.target as HTMLElement).closest<HTMLAnchorElement>("a[href]");
  if (!link || !(event.ctrlKey || event.metaKey || !link.isContentEditable)) return false;
  window.open(link.href, "_blank", "noopener,noreferrer");
  return true;
}
