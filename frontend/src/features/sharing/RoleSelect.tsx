import { t } from "../../locales";
import { ROLES, type Role } from "../../protocol/control";

interface Props {
  label: string;
  value: Role;
  onChange: (role: Role) => void;
  /** No link and no workspace gives more than this. */
  highest?: Role;
  isDisabled?: boolean;
  /** Offered below the roles: taking it away altogether. */
  onRemove?: () => void;
}

const REMOVE = "remove";

export function RoleSelect({
  label,
  value,
  onChange,
  highest = "manage",
  isDisabled,
  onRemove,
}: Props) {
  const offered = ROLES.slice(0, ROLES.indexOf(highest) + 1);
  return (
    <select
      className="select"
      aria-label={label}
      value={value}
      disabled={isDisabled}
      onChange={({ target }) =>
        target.value === REMOVE ? onRemove?.() : onChange(target.value as Role)
      }
    >
      {offered.map((role) => (
        <option key={role} value={role}>
          {t.roles[role]}
        </option>
      ))}
      {onRemove && <option value={REMOVE}>{t.removeAccess}</option>}
    </select>
  );
}
