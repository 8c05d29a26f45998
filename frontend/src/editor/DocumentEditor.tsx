import type { TiptapEditorHTMLElement } from "@tiptap/core";
import { CollaborationCaret } from "@tiptap/extension-collaboration-caret";
import { Placeholder, Selection } from "@tiptap/extensions";
import type { EditorState } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";
import { type Editor, EditorContent, useEditor } from "@tiptap/react";
import { yUndoPluginKey } from "@tiptap/y-tiptap";
import { memo, useEffect, useState } from "react";
import { t } from "../locales";
import type { Person } from "../protocol/frames";
import type { DocumentSession } from "../sync/session";
import { isSafeLink } from "./address";
import { BubbleBar, QuoteBar } from "./BubbleBar";
import { bindTo } from "./binding";
import { createCarets, renderSelection } from "./caret";
import { BODY, schemaExtensions } from "./extensions";
import { ImageDialog } from "./ImageDialog";
import { QuoteFlash } from "./quote";
import { ClickFromElsewhere, FreshSelection, readSelection } from "./selection";
import { Shortcuts } from "./shortcuts";
import { SlashMenu } from "./slash";
import { TableBar } from "./TableBar";
import { TITLE_ORIGIN, TitleField } from "./TitleField";

interface Props {
  session: DocumentSession;
  canEdit: boolean;
  user: Person | null;
  /** May say something about the text. */
  canQuote: boolean;
  /** The editor while it is there. */
  onEditor: (editor: Editor | null) => void;
}

/** Drawn anew only when one of these changes: the menus and the title would follow each change of the chip. */
export const DocumentEditor = memo(function DocumentEditor(props: Props) {
  const { session, canEdit, user, canQuote, onEditor } = props;
  const [carets] = useState(createCarets);
  const editor = useEditor(
    {
      extensions: [
        ...schemaExtensions(),
        Placeholder.configure({ placeholder: t.placeholder }),
        ...bindTo(session.doc.getXmlFragment(BODY)),
        CollaborationCaret.configure({
          provider: session,
          user: { id: "", name: "", color: "#5A616C" },
          render: carets.render,
          selectionRender: renderSelection,
        }),
        FreshSelection,
        ClickFromElsewhere,
        QuoteFlash,
        SlashMenu,
        Selection.configure({ className: "kept-selection" }),
        Shortcuts,
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
    onEditor(editor);
    return () => onEditor(null);
  }, [editor, onEditor]);
  useEffect(() => carets.watch(session.awareness, editor.view.dom), [carets, editor, session]);
  useEffect(() => {
    session.beforeOthers = () => readSelection(editor.view);
    return () => {
      session.beforeOthers = null;
    };
  }, [editor, session]);
  return (
    <>
      <TitleField text={session.doc.getText("title")} editor={editor} canEdit={canEdit} />
      {canEdit && <BubbleBar editor={editor} canQuote={canQuote} />}
      {!canEdit && canQuote && <QuoteBar editor={editor} />}
      {canEdit && <TableBar editor={editor} />}
      {canEdit && <ImageDialog editor={editor} />}
      <EditorContent editor={editor} className="body" />
    </>
  );
});

/** One undo for the title and the body, of my own edits only. */
function shareUndo(state: EditorState, session: DocumentSession): void {
  const manager = yUndoPluginKey.getState(state)?.undoManager;
  if (!manager) return;
  manager.addToScope(session.doc.getText("title"));
  manager.trackedOrigins.add(TITLE_ORIGIN);
}

/** A link opens beside the document; with Alt the caret goes into its text instead. */
function openLink(view: EditorView, _at: number, event: MouseEvent): boolean {
  const link = (event.target as HTMLElement).closest<HTMLAnchorElement>("a[href]");
  if (!link || event.button !== 0 || event.altKey || !isSafeLink(link.href)) return false;
  const message = messageOf(link.href);
  const { editor } = view.dom as TiptapEditorHTMLElement;
  if (message !== null && editor) editor.emit("messageWanted", { id: message });
  else window.open(link.href, "_blank", "noopener,noreferrer");
  return true;
}

/** A message of this page's chat is not opened elsewhere: it is right beside. */
function messageOf(href: string): string | null {
  const { origin, pathname, searchParams } = new URL(href);
  const isHere = origin === location.origin && pathname === location.pathname;
  return isHere ? searchParams.get("message") : null;
}
