import { Extension } from "@tiptap/core";

/** The key of the bubble menu's plugin: Escape hides it by this name. */
export const BUBBLE_BAR = "bubbleBar";

/** The shortcuts people know that Tiptap does not bring. */
export const Shortcuts = Extension.create({
  name: "shortcuts",
  priority: 1000,
  addKeyboardShortcuts() {
    return {
      "Mod-k": ({ editor }) => {
        if (editor.state.selection.empty) return false;
        editor.emit("linkWanted", {});
        return true;
      },
      // The key by which editors are left for their tools (WAI-ARIA practices, toolbar).
      "Alt-F10": ({ editor }) => {
        const host = editor.view.dom.parentElement;
        const tool = host?.querySelector<HTMLElement>('[role="toolbar"] button');
        tool?.focus();
        return tool !== undefined && tool !== null;
      },
      Escape: ({ editor }) => {
        if (editor.state.selection.empty) return false;
        return editor.commands.setMeta(BUBBLE_BAR, "hide");
      },
      "Mod-Enter": ({ editor }) => {
        if (!editor.isActive("taskItem")) return false;
        const checked = !editor.getAttributes("taskItem").checked;
        return editor.commands.updateAttributes("taskItem", { checked });
      },
    };
  },
});
