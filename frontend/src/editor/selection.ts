/**
 * Where a person just clicked or went, before anybody else's edit is drawn.
 *
 * The browser moves its caret at once and tells of it in a task of its own (`selectionchange`). An edit that comes
 * in between would be drawn with the caret where ProseMirror last knew it, and put the browser's back there: the click
 * or the End key is lost, and the next letters go to the wrong place.
 */
import { Extension } from "@tiptap/core";
import { Plugin, TextSelection } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";
import { yCursorPluginKey } from "@tiptap/y-tiptap";

/** prosemirror-view keeps it to itself: what its listeners do when the browser tells of a change. */
interface Observing {
  domObserver: { flush: () => void };
}

/** Take over the browser's selection and whatever else it has done, as if it had told. */
export function readSelection(view: EditorView): void {
  if (!view.isDestroyed) (view as unknown as Observing).domObserver.flush();
}

/** Other people's carets are drawn by transactions that change nothing else, made on a timer. */
export const FreshSelection = Extension.create({
  name: "freshSelection",
  dispatchTransaction({ transaction, next }) {
    const cursors = transaction.getMeta(yCursorPluginKey);
    if (cursors === undefined || transaction.docChanged) {
      next(transaction);
      return;
    }
    const { view } = this.editor;
    const before = view.state;
    readSelection(view);
    // The caret has moved: the transaction was made for a state that is over.
    next(view.state === before ? transaction : view.state.tr.setMeta(yCursorPluginKey, cursors));
  },
});

/**
 * A click into the text from elsewhere ends what was selected before the focus comes. Otherwise that is drawn as selected
 * once more while the browser places its caret: the caret is lost, and the next letters replace what was selected.
 */
export const ClickFromElsewhere = Extension.create({
  name: "clickFromElsewhere",
  addProseMirrorPlugins: () => [
    new Plugin({
      props: {
        handleDOMEvents: {
          mousedown: (view, event) => {
            if (
              view.hasFocus() ||
              event.button !== 0 ||
              event.shiftKey ||
              view.state.selection.empty
            )
              return;
            const found = view.posAtCoords({ left: event.clientX, top: event.clientY });
            if (found === null) return;
            const { tr } = view.state;
            view.dispatch(tr.setSelection(TextSelection.near(tr.doc.resolve(found.pos))));
          },
        },
      },
    }),
  ],
});
