import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Mail } from "lucide-react";
import {
  fetchInvitations,
  type Invitation,
  makeInvitation,
  type NewInvitation,
  withdrawInvitation,
} from "../../api/admin";
import { a } from "../../locales";
import { Field, Form, Submit } from "../../ui/Form";
import { Listing } from "../../ui/Listing";
import { Section } from "../../ui/Section";
import { Shown } from "../../ui/Shown";
import { ago, exactly } from "../../ui/time";
import { useDeed } from "../settings/useChange";

export function Invitations() {
  const invitations = useQuery({ queryKey: ["invitations"], queryFn: fetchInvitations });
  const queries = useQueryClient();
  const invite = useMutation({
    mutationFn: makeInvitation,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["invitations"] }),
  });
  return (
    <Section title={a.inviteTitle} text={a.inviteText}>
      <Form
        className="inline-form"
        onSubmit={({ email = "" }) => invite.mutate(email.trim())}
        error={invite.error}
        fieldOf={{ taken: "email", invalid: "email" }}
      >
        <Field
          label={a.inviteEmail}
          name="email"
          type="email"
          autoComplete="off"
          required={false}
          maxLength={254}
        />
        <Submit isBusy={invite.isPending}>{a.invite}</Submit>
      </Form>
      {invite.data && <Made made={invite.data} />}
      {(invitations.data?.length ?? 0) > 0 && (
        <>
          <h3>{a.openInvitations}</h3>
          <Listing query={invitations} label={a.openInvitations}>
            {(each) => <InvitationRow key={each.id} invitation={each} />}
          </Listing>
        </>
      )}
    </Section>
  );
}

/** The address is shown only now: the server keeps nothing that opens the door. */
function Made({ made }: { made: NewInvitation }) {
  const { email } = made.invitation;
  return (
    <div role="status" className="made">
      <Shown
        label={made.is_sent && email ? a.invitationSent(email) : a.invitationMade}
        value={made.url}
      />
    </div>
  );
}

function InvitationRow({ invitation }: { invitation: Invitation }) {
  const withdraw = useDeed(
    () => withdrawInvitation(invitation.id),
    a.invitationWithdrawn,
    "invitations",
  );
  const name = invitation.email ?? a.anybody;
  return (
    <li className="listed">
      <Mail size={18} strokeWidth={1.75} aria-hidden="true" />
      <span className="about">
        <span className="name">{name}</span>
        <span className="small muted">
          <time dateTime={invitation.created_at} title={exactly(invitation.created_at)}>
            {a.invitedOn(ago(invitation.created_at))}
          </time>
          {` · ${a.runsOut(exactly(invitation.expires_at))}`}
        </span>
      </span>
      <button
        type="button"
        className="button small"
        aria-label={a.withdrawOf(name)}
        onClick={() => withdraw.mutate()}
      >
        {a.withdraw}
      </button>
    </li>
  );
}
