import { useMutation, useQuery } from "@tanstack/react-query";
import { Monitor, Smartphone } from "lucide-react";
import {
  endAllSessions,
  endOneSession,
  endOtherSessions,
  fetchSessions,
  type SignedIn,
} from "../../api/me";
import { a } from "../../locales";
import { readAgent } from "../../ui/agent";
import { failureText } from "../../ui/failure";
import { Listing } from "../../ui/Listing";
import { Section } from "../../ui/Section";
import { ago, exactly } from "../../ui/time";
import { toast } from "../../ui/toast";
import { useMe } from "../me";
import { useLeave } from "../useSignOut";
import { useDeed } from "./useChange";

const ICON = { size: 18, strokeWidth: 1.75, "aria-hidden": true } as const;
const MOBILE = ["iPhone", "iPad", "Android"];

export function SessionsPage() {
  const { user } = useMe();
  const sessions = useQuery({ queryKey: ["sessions"], queryFn: fetchSessions });
  const endOthers = useDeed(endOtherSessions, a.sessionEnded, "sessions");
  const leave = useLeave();
  const endAll = useMutation({
    mutationFn: endAllSessions,
    onSuccess: () => leave(user.id),
    onError: (error) => toast(failureText(error)),
  });
  return (
    <Section title={a.sessions} text={a.sessionsText}>
      <Listing query={sessions} label={a.sessions}>
        {(each) => <SessionRow key={each.id} session={each} />}
      </Listing>
      <div className="actions start">
        {(sessions.data?.length ?? 0) > 1 && (
          <button type="button" className="button" onClick={() => endOthers.mutate()}>
            {a.endOthers}
          </button>
        )}
        <button type="button" className="button danger-text" onClick={() => endAll.mutate()}>
          {a.endAll}
        </button>
      </div>
    </Section>
  );
}

function SessionRow({ session }: { session: SignedIn }) {
  const end = useDeed(() => endOneSession(session.id), a.sessionEnded, "sessions");
  const { browser, system } = readAgent(session.agent);
  const name = browser && system ? a.on(browser, system) : (browser ?? system ?? a.unknownBrowser);
  return (
    <li className="listed">
      {MOBILE.includes(system ?? "") ? <Smartphone {...ICON} /> : <Monitor {...ICON} />}
      <span className="about">
        <span className="name" title={session.agent}>
          {name}
        </span>
        <span className="small muted">
          <time dateTime={session.seen_at} title={exactly(session.seen_at)}>
            {a.seen(ago(session.seen_at))}
          </time>
          {" · "}
          <time dateTime={session.created_at} title={exactly(session.created_at)}>
            {a.since(ago(session.created_at))}
          </time>
        </span>
      </span>
      {session.is_current ? (
        <span className="tag">{a.thisOne}</span>
      ) : (
        <button
          type="button"
          className="button small"
          aria-label={a.endSessionOf(name)}
          onClick={() => end.mutate()}
        >
          {a.endSession}
        </button>
      )}
    </li>
  );
}
