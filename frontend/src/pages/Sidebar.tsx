import { House, Inbox, LayoutTemplate, Plus, Trash2 } from "lucide-react";
import { NavLink } from "react-router";
import { Count, useUnread } from "../features/notifications/Bell";
import { PageTree } from "../features/tree/PageTree";
import { FavouriteSection } from "../features/tree/Sections";
import { n, t } from "../locales";
import { PersonMenu } from "./PersonMenu";
import { useNewDocument } from "./useNewDocument";
import { useWorkspaceName } from "./useWorkspaceName";

const ICON = { size: 16, strokeWidth: 1.75, "aria-hidden": true } as const;

export function Sidebar({ isMember }: { isMember: boolean }) {
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
      <InboxRow />
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
      <PersonMenu />
    </nav>
  );
}

function InboxRow() {
  const unread = useUnread();
  return (
    <NavLink to="/inbox" className="row">
      <Inbox {...ICON} /> {n.inbox}
      <Count unread={unread} />
      {unread > 0 && <span className="unseen">{n.unreadCount(unread)}</span>}
    </NavLink>
  );
}
