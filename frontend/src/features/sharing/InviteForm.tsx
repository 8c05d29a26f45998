import { useQuery } from "@tanstack/react-query";
import { Copy } from "lucide-react";
import { type FormEvent, useState } from "react";
import { fetchPeople, type Invited, invite, type Sharing } from "../../api/sharing";
import { t } from "../../locales";
import type { Role } from "../../protocol/control";
import { copyText } from "../../ui/copy";
import { PeopleField } from "./PeopleField";
import { RoleSelect } from "./RoleSelect";
import type { useSharingChange } from "./useSharing";
import { type Chip, isMail } from "./who";

interface Props {
  id: string;
  sharing: Sharing;
  changes: ReturnType<typeof useSharingChange>;
}

export function InviteForm({ id, sharing, changes }: Props) {
  const [chips, setChips] = useState<Chip[]>([]);
  const [typed, setTyped] = useState("");
  const [role, setRole] = useState<Role>("edit");
  const [invited, setInvited] = useState<Invited | null>(null);
  const people = useQuery({ queryKey: ["people"], queryFn: fetchPeople, staleTime: 60_000 });
  const who = [...chips.map((chip) => chip.who), ...(isMail(typed) ? [typed.trim()] : [])];
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (who.length === 0) return;
    const result = await changes.change(() => invite(id, who, role));
    if (!result) return;
    setInvited(result);
    setChips([]);
    setTyped("");
  };
  return (
    <form className="invite" onSubmit={submit}>
      <PeopleField
        chips={chips}
        onChange={setChips}
        typed={typed}
        onType={setTyped}
        members={people.data ?? []}
        present={
          new Set(sharing.people.filter((each) => !each.inherited_from).map(({ user }) => user.id))
        }
      />
      <RoleSelect label={t.role} value={role} onChange={setRole} />
      <button
        type="submit"
        className="button primary"
        disabled={who.length === 0 || changes.isBusy}
      >
        {t.invite}
      </button>
      {invited && <Outcome invited={invited} />}
    </form>
  );
}

/** Where no e-mail could be sent, the addresses to hand over; they are shown only now. */
function Outcome({ invited }: { invited: Invited }) {
  const unsent = invited.invitations.filter((each) => !each.is_sent);
  return (
    <div className="outcome" role="status">
      {unsent.length === 0
        ? t.invited(invited.people.length + invited.invitations.length)
        : t.invitationLinks}
      {unsent.map(({ email, url }) => (
        <button key={email} type="button" className="button small" onClick={() => copyText(url)}>
          <Copy size={14} aria-hidden="true" /> {t.copyLink}: {email}
        </button>
      ))}
    </div>
  );
}
