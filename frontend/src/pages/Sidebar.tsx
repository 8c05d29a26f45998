import { useQueryClient } from "@tanstack/react-query";
import { House, Languages, LayoutTemplate, LogOut, Plus, SunMoon, Trash2 } from "lucide-react";
import { useState } from "react";
import { NavLink } from "react-router";
import { endSession } from "../api/client";
import { PageTree } from "../features/tree/PageTree";
import { FavouriteSection } from "../features/tree/Sections";
import { language, setLanguage, t } from "../locales";
import type { Person } from "../protocol/frames";
import { Face } from "../ui/Face";
import { applyTheme, type Theme, theme } from "../ui/theme";
import { useNewDocument } from "./useNewDocument";
import { useWorkspaceName } from "./useWorkspaceName";

const ICON = { size: 16, strokeWidth: 1.75, "aria-hidden": true } as const;
const NEXT_THEME: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

export function Sidebar({ user, isMember }: { user: Person; isMember: boolean }) {
  const create = useNewDocument();
  const workspace = useWorkspaceName();
  return (
    <nav className="sidebar" aria-label={t.appName}>
      <div className="brand" translate="no">
        <span className="logo" aria-hidden="true">
          {[...workspace][0]?.toUpperCase()}
        </span>
        <span className="name">{workspace}</span>
      </div>
      <NavLink to="/" end className="row">
        <House {...ICON} /> {t.home}
      </NavLink>
      {isMember && (
        <button type="button" className="row" onClick={create}>
          <Plus {...ICON} /> {t.newDocument}
        </button>
      )}
      <div className="sidebar-scroll">
        {isMember && <FavouriteSection />}
        <h2>{t.pages}</h2>
        <PageTree isMember={isMember} />
      </div>
      <div className="grow" />
      {isMember && (
        <>
          <NavLink to="/templates" className="row">
            <LayoutTemplate {...ICON} /> {t.templates}
          </NavLink>
          <NavLink to="/trash" className="row">
            <Trash2 {...ICON} /> {t.trash}
          </NavLink>
        </>
      )}
      <Foot user={user} />
    </nav>
  );
}

function Foot({ user }: { user: Person }) {
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
    <>
      <button type="button" className="row" onClick={changeTheme}>
        <SunMoon {...ICON} /> {t.theme}: {t[look]}
      </button>
      <button
        type="button"
        className="row"
        onClick={() => setLanguage(language() === "en" ? "zh" : "en")}
      >
        <Languages {...ICON} /> {language() === "en" ? "简体中文" : "English"}
      </button>
      <div className="row me">
        <Face person={user} />
        <span className="name">{user.name}</span>
        <button type="button" className="icon-button" aria-label={t.signOut} onClick={signOut}>
          <LogOut {...ICON} />
        </button>
      </div>
    </>
  );
}
