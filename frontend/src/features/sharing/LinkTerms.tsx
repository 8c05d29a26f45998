import { useState } from "react";
import type { GeneralAccess, ShareLink } from "../../api/sharing";
import { t } from "../../locales";
import { exactly } from "../../ui/time";

type Terms = Pick<GeneralAccess, "expires_at" | "password">;

interface Props {
  link: ShareLink;
  isDisabled: boolean;
  onChange: (terms: Terms) => void;
}

const DAYS = [1, 7, 30, 90];

/** Until when the link opens the page, and whether a password is asked. */
export function LinkTerms({ link, isDisabled, onChange }: Props) {
  return (
    <div className="link-terms">
      <label>
        {t.expires}
        <select
          className="select"
          value={link.expires_at === null ? "never" : "set"}
          disabled={isDisabled}
          onChange={(event) => onChange({ expires_at: inDays(event.target.value) })}
        >
          <option value="never">{t.never}</option>
          {link.expires_at !== null && (
            <option value="set">{t.expiresOn(exactly(link.expires_at))}</option>
          )}
          {DAYS.map((days) => (
            <option key={days} value={days}>
              {t.inDays(days)}
            </option>
          ))}
        </select>
      </label>
      <LinkPassword link={link} isDisabled={isDisabled} onChange={onChange} />
    </div>
  );
}

function inDays(chosen: string): string | null {
  if (chosen === "never") return null;
  return new Date(Date.now() + Number(chosen) * 86_400_000).toISOString();
}

function LinkPassword({ link, isDisabled, onChange }: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  if (typed !== null) {
    return (
      <form
        className="link-password"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === "") return;
          onChange({ password: typed });
          setTyped(null);
        }}
      >
        <input
          type="text"
          aria-label={t.password}
          placeholder={t.passwordHint}
          autoComplete="off"
          maxLength={200}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          // biome-ignore lint/a11y/noAutofocus: it was asked for with the button in whose place it stands
          autoFocus
        />
        <button
          type="submit"
          className="button small primary"
          disabled={typed === "" || isDisabled}
        >
          {t.apply}
        </button>
        <button type="button" className="button small" onClick={() => setTyped(null)}>
          {t.cancel}
        </button>
      </form>
    );
  }
  if (!link.has_password) {
    return (
      <button
        type="button"
        className="button small"
        disabled={isDisabled}
        onClick={() => setTyped("")}
      >
        {t.setPassword}
      </button>
    );
  }
  return (
    <span className="link-password">
      <span className="small muted">{t.passwordIsSet}</span>
      <button
        type="button"
        className="button small"
        disabled={isDisabled}
        onClick={() => onChange({ password: null })}
      >
        {t.removePassword}
      </button>
    </span>
  );
}
