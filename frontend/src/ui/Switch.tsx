import { useId } from "react";

interface Props {
  label: string;
  text?: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

/** On or off, at once. */
export function Switch({ label, text, isOn, onChange }: Props) {
  const id = useId();
  return (
    <div className="switch">
      <input
        id={id}
        type="checkbox"
        checked={isOn}
        aria-describedby={text === undefined ? undefined : `${id}-text`}
        onChange={({ target }) => onChange(target.checked)}
      />
      <span>
        <label htmlFor={id}>{label}</label>
        {text !== undefined && (
          <span id={`${id}-text`} className="small muted">
            {text}
          </span>
        )}
      </span>
    </div>
  );
}
