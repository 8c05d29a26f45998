import { endInvitation, removePerson, type Sharing, setRole } from "../../api/sharing";
import { t } from "../../locales";
import type { Person } from "../../protocol/frames";
import { Face } from "../../ui/Face";
import { RoleSelect } from "./RoleSelect";
import type { useSharingChange } from "./useSharing";

interface Props {
  id: string;
  sharing: Sharing;
  me: Person;
  changes: ReturnType<typeof useSharingChange>;
}

export function PeopleList({ id, sharing, me, changes }: Props) {
  const mayManage = sharing.role === "manage";
  return (
    <section aria-labelledby="who-has-access">
      <h3 id="who-has-access">{t.whoHasAccess}</h3>
      <ul className="people">
        {sharing.people.map(({ user, role, inherited_from }) => (
          <li key={`${user.id}:${inherited_from?.id ?? ""}`}>
            <Face person={user} />
            <span className="person">
              <span className="name">
                {user.name}
                {user.id === me.id && <span className="muted"> ({t.you})</span>}
              </span>
              {inherited_from && (
                <span className="small muted name">
                  {t.inheritedFrom(inherited_from.title || t.untitled)}
                </span>
              )}
            </span>
            {mayManage && !inherited_from ? (
              <PersonRole
                name={user.name}
                role={role}
                isMe={user.id === me.id}
                isDisabled={changes.isBusy}
                onRole={(next) => changes.change(() => setRole(id, user.id, next))}
                onRemove={() => changes.change(() => removePerson(id, user.id))}
              />
            ) : (
              <span className="muted">{t.roles[role]}</span>
            )}
          </li>
        ))}
      </ul>
      <Invitations sharing={sharing} changes={changes} />
    </section>
  );
}

interface RoleProps {
  name: string;
  role: Sharing["role"];
  isMe: boolean;
  isDisabled: boolean;
  onRole: (role: Sharing["role"]) => void;
  onRemove: () => void;
}

function PersonRole({ name, role, isMe, isDisabled, onRole, onRemove }: RoleProps) {
  return (
    <>
      <RoleSelect label={t.roleOf(name)} value={role} onChange={onRole} isDisabled={isDisabled} />
      {!isMe && (
        <button
          type="button"
          className="button small quiet"
          aria-label={`${t.removeAccess}: ${name}`}
          disabled={isDisabled}
          onClick={onRemove}
        >
          {t.remove}
        </button>
      )}
    </>
  );
}

function Invitations({ sharing, changes }: Pick<Props, "sharing" | "changes">) {
  if (sharing.invitations.length === 0) return null;
  return (
    <>
      <h3>{t.openInvitations}</h3>
      <ul className="people">
        {sharing.invitations.map(({ id, email, role }) => (
          <li key={id}>
            <span className="person name">{email}</span>
            <span className="muted">{t.roles[role]}</span>
            <button
              type="button"
              className="button small quiet"
              aria-label={t.withdrawOf(email)}
              disabled={changes.isBusy}
              onClick={() => changes.change(() => endInvitation(id))}
            >
              {t.withdraw}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
