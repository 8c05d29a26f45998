import { Extension } from "@tiptap/core";

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
      "Mod-Enter": ({ editor }) => {
        if (!editor.isActive("taskItem")) return false;
        const checked = !editor.getAttributes("taskItem").checked;
        return editor.commands.updateAttributes("taskItem", { checked });
      },
    };
  },
});
