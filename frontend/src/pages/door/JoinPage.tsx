import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { ApiError } from "../../api/http";
import { endSession, lookAtInvitation, type Session } from "../../api/session";
import { a, t } from "../../locales";
import { failureText } from "../../ui/failure";
import { Skeleton } from "../../ui/Skeleton";
import { useLeave } from "../useSignOut";
import { AccountForm } from "./AccountForm";
import { DoorCard } from "./DoorCard";
import { useSecret } from "./useSecret";

/** `/join#SECRET`: an invitation. */
export default function JoinPage({ session }: { session: Session | null }) {
  const secret = useSecret();
  const invitation = useQuery({
    queryKey: ["invitation", secret],
    queryFn: () => lookAtInvitation(secret),
    retry: false,
  });
  const [before, setBefore] = useState(session);
  if (before?.kind === "member") {
    return <AlreadyHere session={before} onLeft={() => setBefore(null)} />;
  }
  if (invitation.isPending) {
    return (
      <DoorCard title={t.appName}>
        <Skeleton />
      </DoorCard>
    );
  }
  if (invitation.isError) return <Over error={invitation.error} />;
  const { workspace, invited_by, email } = invitation.data;
  const name = typeof invited_by === "string" ? invited_by : invited_by?.name;
  return (
    <DoorCard title={a.invitedTo(workspace)} text={name ? a.invitedBy(name) : undefined}>
      <AccountForm action={a.join} invitation={secret} to="/" {...(email ? { email } : {})} />
      <div className="other-ways">
        <p>
          {a.haveAccount} <Link to="/signin">{t.signIn}</Link>
        </p>
      </div>
    </DoorCard>
  );
}

function Over({ error }: { error: Error }) {
  if (!(error instanceof ApiError) || error.code === "throttled") {
    return <DoorCard title={t.appName} text={failureText(error)} />;
  }
  return (
    <DoorCard title={a.invitationOver} text={a.invitationOverText}>
      <Link className="button" to="/">
        {t.backHome}
      </Link>
    </DoorCard>
  );
}

function AlreadyHere({ session, onLeft }: { session: Session; onLeft: () => void }) {
  const leave = useLeave();
  const signOut = useMutation({
    mutationFn: endSession,
    onSuccess: async () => {
      onLeft();
      await leave(session.user.id, null);
    },
  });
  return (
    <DoorCard title={a.alreadyHere(session.user.name)}>
      <div className="stack">
        <Link className="button primary" to="/">
          {a.openWorkspace}
        </Link>
        <button type="button" className="button" onClick={() => signOut.mutate()}>
          {a.joinAsOther}
        </button>
      </div>
    </DoorCard>
  );
}
