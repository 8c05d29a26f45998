import { PanelLeft } from "lucide-react";
import type { ReactNode } from "react";
import { useOutletContext } from "react-router";
import { t } from "../locales";

export interface ShellContext {
  toggleSidebar: () => void;
}

export function TopBar({ children }: { children: ReactNode }) {
  const { toggleSidebar } = useOutletContext<ShellContext>();
  return (
    <header className="topbar">
      <button
        type="button"
        className="icon-button"
        aria-label={t.toggleSidebar}
        onClick={toggleSidebar}
      >
        <PanelLeft size={16} strokeWidth={1.75} aria-hidden="true" />
      </button>
      {children}
    </header>
  );
}
