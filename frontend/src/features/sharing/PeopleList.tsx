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
              <RoleSelect
                label={t.roleOf(user.name)}
                value={role}
                isDisabled={changes.isBusy}
                onChange={(next) => changes.change(() => setRole(id, user.id, next))}
                {...(user.id !== me.id && {
                  onRemove: () => changes.change(() => removePerson(id, user.id)),
                })}
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
