import { InboxList } from "../features/notifications/InboxList";
import { n } from "../locales";
import { TopBar } from "./TopBar";
import { usePageTitle } from "./usePageTitle";

/** `/inbox`: what waits for somebody, with room. */
export default function InboxPage() {
  usePageTitle(n.inbox);
  return (
    <>
      <TopBar>
        <span className="crumb">{n.inbox}</span>
      </TopBar>
      <main className="column inbox-page">
        <h1>{n.inbox}</h1>
        <InboxList />
      </main>
    </>
  );
}
