import { PanelLeft } from "lucide-react";
import type { ReactNode } from "react";
import { useOutletContext } from "react-router";
import { Bell } from "../features/notifications/Bell";
import { t } from "../locales";
import { SlowSync } from "./SlowSync";

export interface ShellContext {
  toggleSidebar: () => void;
  isSidebarShown: boolean;
}

export function TopBar({ children }: { children: ReactNode }) {
  const { toggleSidebar, isSidebarShown } = useOutletContext<ShellContext>();
  return (
    <>
      <header className="topbar">
        <button
          type="button"
          className="icon-button"
          aria-label={t.toggleSidebar}
          aria-expanded={isSidebarShown}
          onClick={toggleSidebar}
        >
          <PanelLeft size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
        {children}
        <Bell />
      </header>
      <SlowSync />
    </>
  );
}
