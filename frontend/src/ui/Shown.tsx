import { Copy } from "lucide-react";
import { useId } from "react";
import { a } from "../locales";
import { copyText } from "./copy";

/** A secret or an address that is shown now, to be taken along. */
export function Shown({ label, value }: { label: string; value: string }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <span className="input shown">
        <input id={id} readOnly value={value} onFocus={({ target }) => target.select()} />
        <button type="button" className="button" onClick={() => void copyText(value)}>
          <Copy size={16} strokeWidth={1.75} aria-hidden="true" /> {a.copy}
        </button>
      </span>
    </div>
  );
}
