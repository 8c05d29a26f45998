import { Globe, Lock, Users } from "lucide-react";
import {
  type GeneralAccess as Access,
  type General,
  type Sharing,
  setGeneral,
} from "../../api/sharing";
import { t } from "../../locales";
import type { Role } from "../../protocol/control";
import { LinkTerms } from "./LinkTerms";
import { RoleSelect } from "./RoleSelect";
import type { useSharingChange } from "./useSharing";

interface Props {
  id: string;
  sharing: Sharing;
  /** The page above, whose setting can be taken over. */
  above: { title: string } | null;
  changes: ReturnType<typeof useSharingChange>;
}

const ICONS = { private: Lock, workspace: Users, anyone: Globe } as const;
const GENERALS = ["private", "workspace", "anyone"] as const;

export function GeneralAccess({ id, sharing, above, changes }: Props) {
  const { general, inherited_from, link } = sharing;
  const mayManage = sharing.role === "manage";
  const role = (general === "anyone" ? link?.role : sharing.general_role) ?? "view";
  // What is not said anew stays as it is.
  const set = (access: Access) => changes.change(() => setGeneral(id, access));
  const choose = (next: General) => {
    const given: Role = general === "private" ? "view" : role;
    void set(
      next === "private" || next === "inherit" ? { general: next } : { general: next, role: given },
    );
  };
  const Icon = ICONS[general];
  return (
    <section aria-labelledby="general-access">
      <h3 id="general-access">{t.generalAccess}</h3>
      <div className="general">
        <span className="general-icon" aria-hidden="true">
          <Icon size={16} strokeWidth={1.75} />
        </span>
        <span className="person">
          {mayManage ? (
            <select
              className="select bare"
              aria-label={t.generalAccess}
              value={general}
              disabled={changes.isBusy}
              onChange={(event) => choose(event.target.value as General)}
            >
              {GENERALS.map((each) => (
                <option key={each} value={each}>
                  {t.generals[each]}
                </option>
              ))}
              {above && !inherited_from && (
                <option value="inherit">{t.resetGeneral(above.title || t.untitled)}</option>
              )}
            </select>
          ) : (
            <span>{t.generals[general]}</span>
          )}
          <span className="small muted">
            {t.generalTexts[general]}
            {inherited_from && ` ${t.comesFrom(inherited_from.title || t.untitled)}`}
          </span>
        </span>
        {general !== "private" &&
          (mayManage ? (
            <RoleSelect
              label={t.mayThey}
              value={role}
              highest="edit"
              isDisabled={changes.isBusy}
              onChange={(next) => set({ general, role: next })}
            />
          ) : (
            <span className="muted">{t.roles[role]}</span>
          ))}
      </div>
      {general === "anyone" && link && mayManage && (
        <LinkTerms
          link={link}
          isDisabled={changes.isBusy}
          onChange={(next) => set({ general, role, ...next })}
        />
      )}
      <p className="small muted sub-pages">{t.subPagesGet}</p>
    </section>
  );
}
