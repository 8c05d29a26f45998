import { t } from "../../locales";
import { ROLES, type Role } from "../../protocol/control";

interface Props {
  label: string;
  value: Role;
  onChange: (role: Role) => void;
  /** No link and no workspace gives more than this. */
  highest?: Role;
  isDisabled?: boolean;
}

export function RoleSelect({ label, value, onChange, highest = "manage", isDisabled }: Props) {
  const offered = ROLES.slice(0, ROLES.indexOf(highest) + 1);
  return (
    <select
      className="select"
      aria-label={label}
      value={value}
      disabled={isDisabled}
      onChange={(event) => onChange(event.target.value as Role)}
    >
      {offered.map((role) => (
        <option key={role} value={role}>
          {t.roles[role]}
        </option>
      ))}
    </select>
  );
}
