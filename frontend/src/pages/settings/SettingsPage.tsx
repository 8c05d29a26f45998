import { Link, Navigate, Route, Routes } from "react-router";
import { a, n } from "../../locales";
import { Tabs } from "../../ui/Tabs";
import { useMe } from "../me";
import { NotFoundPage } from "../NotFoundPage";
import { TopBar } from "../TopBar";
import { usePageTitle } from "../usePageTitle";
import { NotificationsPage } from "./NotificationsPage";
import { ProfilePage } from "./ProfilePage";
import { SecurityPage } from "./SecurityPage";
import { SessionsPage } from "./SessionsPage";
import { TokensPage } from "./TokensPage";

/** `/settings/…`: what one settles for oneself. */
export default function SettingsPage() {
  const { kind } = useMe();
  usePageTitle(a.settings);
  if (kind === "guest") return <GuestSettings />;
  const tabs = [
    { to: "/settings/profile", text: a.profile },
    { to: "/settings/notifications", text: n.settings },
    { to: "/settings/security", text: a.security },
    { to: "/settings/sessions", text: a.sessions },
    { to: "/settings/tokens", text: a.tokens },
  ];
  return (
    <>
      <TopBar>
        <span className="crumb">{a.settings}</span>
      </TopBar>
      <main className="column settings">
        <h1>{a.settings}</h1>
        <Tabs label={a.settings} tabs={tabs} />
        <Routes>
          <Route index element={<Navigate to="/settings/profile" replace />} />
          <Route path="profile" element={<ProfilePage />} />
          <Route path="notifications" element={<NotificationsPage />} />
          <Route path="security" element={<SecurityPage />} />
          <Route path="sessions" element={<SessionsPage />} />
          <Route path="tokens" element={<TokensPage />} />
          <Route path="*" element={<NotFoundPage />} />
        </Routes>
      </main>
    </>
  );
}

/** Nothing of a guest outlives the session: an account is what there is to settle. */
function GuestSettings() {
  return (
    <>
      <TopBar>
        <span className="crumb">{a.settings}</span>
      </TopBar>
      <main className="column settings">
        <h1>{a.settings}</h1>
        <p className="muted">{a.guestSettings}</p>
        <p>
          <Link className="button primary" to="/signin">
            {a.signInOrUp}
          </Link>
        </p>
      </main>
    </>
  );
}
