/** Forms: labels, what is wrong beside its field and announced, the focus on the first wrong one. */
import {
  createContext,
  type FormEvent,
  type ReactNode,
  useContext,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { a } from "../locales";
import { failureText } from "./failure";

export type Values = Record<string, string>;

/** What is wrong, by the name of the field. */
type Wrong = Record<string, string>;

const FormWrong = createContext<Wrong>({});

interface FormProps {
  onSubmit: (values: Values) => void;
  error?: Error | null;
  /** At which field an error of the server is shown; without one it stands above the button. */
  fieldOf?: Record<string, string>;
  /** What an error of the server means in this form, where it means more than elsewhere. */
  texts?: Record<string, string>;
  className?: string;
  children: ReactNode;
}

export function Form({
  onSubmit,
  error = null,
  fieldOf = {},
  texts = {},
  className,
  children,
}: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [missing, setMissing] = useState<Wrong>({});
  const code = error !== null && "code" in error ? String(error.code) : "";
  const field = fieldOf[code];
  const wrong =
    error !== null && field !== undefined
      ? { [field]: texts[code] ?? failureText(error) }
      : missing;
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever something else is wrong
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [missing, error]);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    event.stopPropagation();
    const found = faultsOf(event.currentTarget);
    setMissing(found);
    if (Object.keys(found).length > 0) return;
    const entries = [...new FormData(event.currentTarget)];
    onSubmit(Object.fromEntries(entries.map(([name, value]) => [name, String(value)])));
  };
  return (
    <FormWrong value={wrong}>
      <form ref={form} noValidate className={className ?? "stack"} onSubmit={submit}>
        {children}
        {error !== null && field === undefined && <Failure error={error} />}
      </form>
    </FormWrong>
  );
}

function faultsOf(form: HTMLFormElement): Wrong {
  const wrong: Wrong = {};
  for (const input of form.querySelectorAll("input")) {
    const { name, value, validity, minLength } = input;
    if (validity.valueMissing || (input.required && value.trim() === "")) wrong[name] = a.fillIn;
    else if (validity.typeMismatch) wrong[name] = a.badEmail;
    else if (value !== "" && value.length < minLength) wrong[name] = a.tooShort(minLength);
    else if (validity.rangeUnderflow || validity.rangeOverflow || validity.badInput)
      wrong[name] = a.badNumber(Number(input.min), Number(input.max));
  }
  return wrong;
}

export function Failure({ error }: { error: Error | null }) {
  return error === null ? null : (
    <p role="alert" className="error">
      {failureText(error)}
    </p>
  );
}

export interface FieldProps extends React.ComponentProps<"input"> {
  label: string;
  name: string;
  hint?: ReactNode;
  /** Stands in the field, at its end. */
  end?: ReactNode;
}

export function Field({ label, hint, end, ...input }: FieldProps) {
  const id = useId();
  const wrong = useContext(FormWrong)[input.name];
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {input.required === false && <span className="muted optional"> ({a.optional})</span>}
      </label>
      <span className="input">
        <input
          {...input}
          id={id}
          aria-invalid={wrong !== undefined}
          aria-describedby={`${id}-hint`}
        />
        {end}
      </span>
      <div id={`${id}-hint`} className="hint small">
        {wrong === undefined ? hint : <Wrong text={wrong} />}
      </div>
    </div>
  );
}

function Wrong({ text }: { text: string }) {
  return (
    <span role="alert" className="error">
      {text}
    </span>
  );
}

/** Says by itself that it is at work, and keeps its size. */
export function Submit({ children, isBusy }: { children: ReactNode; isBusy: boolean }) {
  return (
    <button type="submit" className="button primary" aria-disabled={isBusy} aria-busy={isBusy}>
      <span className={isBusy ? "resting" : ""}>{children}</span>
      {isBusy && (
        <span className="progress" role="status">
          <span className="unseen">{a.working}</span>
        </span>
      )}
    </button>
  );
}
