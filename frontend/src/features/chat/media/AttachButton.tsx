import { Paperclip } from "lucide-react";
import { useRef } from "react";
import { m } from "../../../locales";

/** Opens the browser's own dialog; what was chosen comes as a list. */
export function AttachButton({
  onFiles,
  disabled = false,
}: {
  onFiles: (files: File[]) => void;
  disabled?: boolean;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        className="icon-button"
        aria-label={m.attach}
        title={m.attach}
        disabled={disabled}
        onClick={() => input.current?.click()}
      >
        <Paperclip size={18} strokeWidth={1.75} aria-hidden="true" />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={m.attach}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          currentTarget.value = ""; // the same file may be chosen again
        }}
      />
    </>
  );
}
