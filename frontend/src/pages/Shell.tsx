import { useQuery, useQueryClient } from "@tanstack/react-query";
import { FileText, House, Languages, LogOut, Plus, SunMoon } from "lucide-react";
import { useEffect, useState } from "react";
import { NavLink, Outlet, useLocation } from "react-router";
import { endSession, fetchDocuments } from "../api/client";
import { language, setLanguage, t } from "../locales";
import type { Person } from "../protocol/frames";
import { Drawer } from "../ui/Drawer";
import { Face } from "../ui/Face";
import { ShortcutHelp } from "../ui/ShortcutHelp";
import { applyTheme, type Theme, theme } from "../ui/theme";
import { useMedia } from "../ui/useMedia";
import type { ShellContext } from "./TopBar";
import { useNewDocument } from "./useNewDocument";

const NARROW = "(max-width: 767px)";
const NEXT_THEME: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const RECENT = 12;

export function Shell({ user }: { user: Person }) {
  const isNarrow = useMedia(NARROW);
  const [isShown, setShown] = useState(!isNarrow);
  const { pathname } = useLocation();
  const toggleSidebar = () => setShown((shown) => !shown);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key === "\\") {
        event.preventDefault();
        setShown((shown) => !shown);
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes when another page opens
  useEffect(() => {
    if (isNarrow) setShown(false);
  }, [pathname, isNarrow]);
  const sidebar = <Sidebar user={user} />;
  return (
    <div className={isShown && !isNarrow ? "shell with-sidebar" : "shell"}>
      {isNarrow ? (
        <Drawer title={t.sidebar} isOpen={isShown} onClose={() => setShown(false)}>
          {sidebar}
        </Drawer>
      ) : (
        isShown && sidebar
      )}
      <div className="main">
        <Outlet context={{ toggleSidebar, isSidebarShown: isShown } satisfies ShellContext} />
      </div>
      <ShortcutHelp />
    </div>
  );
}

function Sidebar({ user }: { user: Person }) {
  const documents = useQuery({
    queryKey: ["documents"],
    queryFn: fetchDocuments,
    refetchInterval: 15_000,
  });
  const create = useNewDocument();
  const queries = useQueryClient();
  const [look, setLook] = useState(theme);
  const changeTheme = () => {
    const next = NEXT_THEME[look];
    applyTheme(next);
    setLook(next);
  };
  const signOut = async () => {
    await endSession();
    queries.setQueryData(["session"], null);
  };
  return (
    <nav className="sidebar" aria-label={t.appName}>
      <div className="brand" translate="no">
        <span className="logo" aria-hidden="true">
          Q
        </span>
        {t.appName}
      </div>
      <NavLink to="/" end className="row">
        <House size={16} strokeWidth={1.75} aria-hidden="true" /> {t.home}
      </NavLink>
      <button type="button" className="row" onClick={create}>
        <Plus size={16} strokeWidth={1.75} aria-hidden="true" /> {t.newDocument}
      </button>
      <h2>{t.recent}</h2>
      <div className="pages">
        {documents.data?.slice(0, RECENT).map((each) => (
          <NavLink key={each.id} to={`/d/${each.id}`} className="row">
            <FileText size={16} strokeWidth={1.75} aria-hidden="true" />
            <span className="name">{each.title || t.untitled}</span>
            {each.here.length > 0 && (
              <span
                className="dot"
                role="img"
                aria-label={t.here(each.here.map((p) => p.name).join(", "))}
                title={t.here(each.here.map((p) => p.name).join(", "))}
              />
            )}
          </NavLink>
        ))}
      </div>
      <div className="grow" />
      <button type="button" className="row" onClick={changeTheme}>
        <SunMoon size={16} strokeWidth={1.75} aria-hidden="true" /> {t.theme}: {t[look]}
      </button>
      <button
        type="button"
        className="row"
        onClick={() => setLanguage(language() === "en" ? "zh" : "en")}
      >
        <Languages size={16} strokeWidth={1.75} aria-hidden="true" />{" "}
        {language() === "en" ? "简体中文" : "English"}
      </button>
      <div className="row me">
        <Face person={user} />
        <span className="name">{user.name}</span>
        <button type="button" className="icon-button" aria-label={t.signOut} onClick={signOut}>
          <LogOut size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      </div>
    </nav>
  );
}
