import { useState } from "react";
import { declineRequest, invite, type Sharing } from "../../api/sharing";
import { t } from "../../locales";
import type { Role } from "../../protocol/control";
import { Face } from "../../ui/Face";
import { ago, exactly } from "../../ui/time";
import { RoleSelect } from "./RoleSelect";
import type { useSharingChange } from "./useSharing";

interface Props {
  id: string;
  sharing: Sharing;
  changes: ReturnType<typeof useSharingChange>;
}

export function Requests({ id, sharing, changes }: Props) {
  if (sharing.requests.length === 0) return null;
  return (
    <section aria-labelledby="requests">
      <h3 id="requests">{t.requests}</h3>
      <ul className="people">
        {sharing.requests.map((request) => (
          <Request
            key={request.user.id}
            request={request}
            isDisabled={changes.isBusy}
            onApprove={(role) => changes.change(() => invite(id, [request.user.id], role))}
            onDecline={() => changes.change(() => declineRequest(id, request.user.id))}
          />
        ))}
      </ul>
    </section>
  );
}

interface RequestProps {
  request: Sharing["requests"][number];
  isDisabled: boolean;
  onApprove: (role: Role) => void;
  onDecline: () => void;
}

function Request({
  request: { user, message, at },
  isDisabled,
  onApprove,
  onDecline,
}: RequestProps) {
  const [role, setRole] = useState<Role>("view");
  return (
    <li className="request">
      <Face person={user} />
      <span className="person">
        <span className="name">{user.name}</span>
        <span className="small muted">
          {message ? `“${message}” · ` : ""}
          <time dateTime={at} title={exactly(at)}>
            {ago(at)}
          </time>
        </span>
      </span>
      <RoleSelect label={t.roleOf(user.name)} value={role} onChange={setRole} />
      <button
        type="button"
        className="button small primary"
        aria-label={t.approveOf(user.name)}
        disabled={isDisabled}
        onClick={() => onApprove(role)}
      >
        {t.approve}
      </button>
      <button
        type="button"
        className="button small quiet"
        aria-label={t.declineOf(user.name)}
        disabled={isDisabled}
        onClick={onDecline}
      >
        {t.decline}
      </button>
    </li>
  );
}
