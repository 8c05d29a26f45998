import { useEffect, useState } from "react";
import { c, t } from "../locales";
import { Modal } from "./Modal";
import { toast } from "./toast";

const MOD = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

const ROWS = (): [string, string[]][] => [
  [t.bold, [MOD, "B"]],
  [t.italic, [MOD, "I"]],
  [t.underline, [MOD, "U"]],
  [t.strike, [MOD, "Shift", "S"]],
  [t.code, [MOD, "E"]],
  [t.highlight, [MOD, "Shift", "H"]],
  [t.link, [MOD, "K"]],
  [t.text, [MOD, "Alt", "0"]],
  [t.headings, [MOD, "Alt", "1…6"]],
  [t.orderedList, [MOD, "Shift", "7"]],
  [t.bulletList, [MOD, "Shift", "8"]],
  [t.taskList, [MOD, "Shift", "9"]],
  [t.quote, [MOD, "Shift", "B"]],
  [t.codeBlock, [MOD, "Alt", "C"]],
  [t.tickTask, [MOD, "Enter"]],
  [t.undo, [MOD, "Z"]],
  [t.redo, [MOD, "Shift", "Z"]],
  [t.commands, ["/"]],
  [t.toFormatting, ["Alt", "F10"]],
  [t.toggleSidebar, [MOD, "\\"]],
  [c.toggle, [MOD, "Shift", "\\"]],
  [c.keysEditLast, ["↑"]],
  [t.shortcutHelp, [MOD, "/"]],
];

/** Mod-/ lists the shortcuts; Mod-S says that nobody has to save. */
export function ShortcutHelp() {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.metaKey || event.ctrlKey) || event.altKey || event.shiftKey) return;
      const pressed = event.key.toLowerCase();
      if (pressed !== "/" && pressed !== "s") return;
      event.preventDefault();
      if (pressed === "/") setOpen((open) => !open);
      else toast(t.savedAutomatically);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <Modal title={t.shortcutHelp} isOpen={isOpen} onClose={() => setOpen(false)}>
      <dl className="shortcuts">
        {ROWS().map(([label, keys]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              {keys.map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
