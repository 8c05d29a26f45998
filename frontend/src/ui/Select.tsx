import { type ReactNode, useId } from "react";

interface Props {
  label: string;
  name: string;
  options: [value: string, text: string][];
  defaultValue?: string;
  hint?: ReactNode;
}

export function Select({ label, options, hint, ...select }: Props) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select {...select} id={id} aria-describedby={`${id}-hint`}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      <div id={`${id}-hint`} className="hint small">
        {hint}
      </div>
    </div>
  );
}
