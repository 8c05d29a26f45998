import { type CSSProperties, useEffect, useLayoutEffect } from "react";
import { Outlet, useLocation } from "react-router";
import { usePushEvents } from "../features/notifications/usePushEvents";
import { expandedBelongsTo } from "../features/tree/expanded";
import { t } from "../locales";
import type { Person } from "../protocol/frames";
import { Drawer } from "../ui/Drawer";
import { Resizer } from "../ui/Resizer";
import { ShortcutHelp } from "../ui/ShortcutHelp";
import { useMedia } from "../ui/useMedia";
import { PageDialogs } from "./PageDialogs";
import { Sidebar } from "./Sidebar";
import type { ShellContext } from "./TopBar";
import { TalkContext } from "./talk";
import { useLive } from "./useLive";
import { useIsMember } from "./useMember";
import { NARROWEST, useSidebar, WIDEST } from "./useSidebar";

const NARROW = "(max-width: 767px)";

export function Shell({ user }: { user: Person }) {
  const isNarrow = useMedia(NARROW);
  const isMember = useIsMember();
  const { isShown, show, toggle, width, resize } = useSidebar(isNarrow);
  const { pathname } = useLocation();
  useLayoutEffect(() => expandedBelongsTo(user.id), [user.id]);
  const talk = useLive(user.id);
  usePushEvents(user.id);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes when another page opens
  useEffect(() => {
    if (isNarrow) show(false);
  }, [pathname, isNarrow]);
  const sidebar = <Sidebar isMember={isMember} />;
  const isBeside = isShown && !isNarrow;
  return (
    <div
      className={isBeside ? "shell with-sidebar" : "shell"}
      style={{ "--sidebar": `${width}px` } as CSSProperties}
    >
      {isNarrow ? (
        <Drawer title={t.sidebar} isOpen={isShown} onClose={() => show(false)}>
          {sidebar}
        </Drawer>
      ) : (
        isShown && sidebar
      )}
      {isBeside && (
        <Resizer
          label={t.sidebarWidth}
          value={width}
          min={NARROWEST}
          max={WIDEST}
          onChange={resize}
        />
      )}
      <div className="main">
        <TalkContext value={talk}>
          <Outlet
            context={{ toggleSidebar: toggle, isSidebarShown: isShown } satisfies ShellContext}
          />
        </TalkContext>
      </div>
      <PageDialogs user={user} />
      <ShortcutHelp />
    </div>
  );
}
