import { X } from "lucide-react";
import { Dialog, Tabs } from "radix-ui";
import type { ReactNode } from "react";
import { c, t } from "../locales";
import { Resizer } from "../ui/Resizer";
import { useMedia } from "../ui/useMedia";
import { PANEL_NARROWEST, PANEL_WIDEST } from "./useRightPanel";

export interface PanelTab {
  name: string;
  title: string;
  content: ReactNode;
}

interface Props {
  tabs: PanelTab[];
  width: number;
  onResize: (width: number) => void;
  onClose: () => void;
  /** The sheet is gone, and lets go of the focus. */
  onClosed: () => void;
}

export const PHONE = "(max-width: 767px)";

/** What stands beside the text, one thing at a time; on a phone it comes up from below. */
export function RightPanel({ tabs, width, onResize, onClose, onClosed }: Props) {
  const isNarrow = useMedia(PHONE);
  const inside = <Inside tabs={tabs} onClose={onClose} />;
  if (isNarrow) {
    return (
      <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
        <Dialog.Portal>
          <Dialog.Overlay className="scrim" />
          <Dialog.Content
            className="sheet"
            aria-describedby={undefined}
            // The keyboard of a phone comes when somebody wants to write, not before.
            onOpenAutoFocus={(event) => {
              event.preventDefault();
              (event.currentTarget as HTMLElement | null)?.focus();
            }}
            onCloseAutoFocus={(event) => {
              event.preventDefault();
              onClosed();
            }}
          >
            <Dialog.Title className="unseen">{c.panel}</Dialog.Title>
            {inside}
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
    );
  }
  return (
    <>
      <Resizer
        label={c.panelWidth}
        value={width}
        min={PANEL_NARROWEST}
        max={PANEL_WIDEST}
        side="right"
        onChange={onResize}
      />
      <aside className="panel" aria-label={c.panel}>
        {inside}
      </aside>
    </>
  );
}

function Inside({ tabs, onClose }: { tabs: PanelTab[]; onClose: () => void }) {
  return (
    <Tabs.Root className="panel-tabs" defaultValue={tabs[0]?.name ?? ""}>
      <div className="panel-head">
        <Tabs.List className="panel-list" aria-label={c.panel}>
          {tabs.map(({ name, title }) => (
            <Tabs.Trigger key={name} value={name} className="panel-tab">
              {title}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <button type="button" className="icon-button" aria-label={t.close} onClick={onClose}>
          <X size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      </div>
      {tabs.map(({ name, content }) => (
        <Tabs.Content key={name} value={name} className="panel-content" tabIndex={-1}>
          {content}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}
