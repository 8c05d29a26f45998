import { Eye, EyeOff } from "lucide-react";
import { type ChangeEvent, useState } from "react";
import { a } from "../locales";
import { Field } from "./Form";
import { strengthOf } from "./strength";

export const LEAST = 8;

interface Props {
  label: string;
  name: string;
  /** A password that is chosen now: how well it holds is said. */
  isNew?: boolean;
  autoFocus?: boolean;
}

export function PasswordField({ label, name, isNew = false, autoFocus = false }: Props) {
  const [isShown, setShown] = useState(false);
  const [typed, setTyped] = useState("");
  const strength = strengthOf(typed);
  const show = (
    <button
      type="button"
      className="icon-button"
      aria-label={a.showPassword}
      aria-pressed={isShown}
      onClick={() => setShown(!isShown)}
    >
      {isShown ? <EyeOff size={16} aria-hidden="true" /> : <Eye size={16} aria-hidden="true" />}
    </button>
  );
  return (
    <Field
      label={label}
      name={name}
      type={isShown ? "text" : "password"}
      required
      maxLength={256}
      {...(isNew ? { minLength: LEAST } : {})}
      autoComplete={isNew ? "new-password" : "current-password"}
      autoFocus={autoFocus}
      autoCapitalize="off"
      spellCheck={false}
      onChange={(event: ChangeEvent<HTMLInputElement>) => setTyped(event.target.value)}
      end={show}
      hint={isNew ? <Strength strength={strength} /> : undefined}
    />
  );
}

function Strength({ strength }: { strength: 0 | 1 | 2 | 3 }) {
  return (
    <span className={`strength of-${strength}`}>
      <span className="bars" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span aria-live="polite">{a.strength[strength]}</span>
    </span>
  );
}
