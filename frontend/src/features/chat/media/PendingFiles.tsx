import { Mic, RotateCcw, File as Sheet, X } from "lucide-react";
import { useEffect, useId, useState } from "react";
import { m } from "../../../locales";
import type { Upload } from "../../../sync/uploads";
import { clock } from "./clock";

interface Props {
  uploads: readonly Upload[];
  onRemove: (key: string) => void;
  onAlt: (key: string, alt: string) => void;
  onRetry?: (key: string) => void;
}

/** What goes along with the message that is being written. */
export function PendingFiles({ uploads, onRemove, onAlt, onRetry }: Props) {
  if (uploads.length === 0) return null;
  return (
    <ul className="pending-files" aria-label={m.pending}>
      {uploads.map((upload) => (
        <li key={upload.key} className={`pending ${upload.state}`}>
          <Preview upload={upload} />
          <div className="pending-words">
            <span className="file-name">{nameOf(upload)}</span>
            <State upload={upload} />
            {upload.type.startsWith("image/") && upload.state !== "refused" && (
              <AltField upload={upload} onAlt={onAlt} />
            )}
          </div>
          {upload.state === "refused" && onRetry !== undefined && (
            <button
              type="button"
              className="icon-button"
              aria-label={m.retryOf(nameOf(upload))}
              title={m.retry}
              onClick={() => onRetry(upload.key)}
            >
              <RotateCcw size={16} strokeWidth={1.75} aria-hidden="true" />
            </button>
          )}
          <button
            type="button"
            className="icon-button"
            aria-label={m.remove(nameOf(upload))}
            onClick={() => onRemove(upload.key)}
          >
            <X size={16} strokeWidth={1.75} aria-hidden="true" />
          </button>
        </li>
      ))}
    </ul>
  );
}

export const nameOf = (upload: Upload) =>
  upload.isVoice ? m.voiceOf(clock(upload.duration ?? 0)) : upload.name;

export function Preview({ upload }: { upload: Upload }) {
  const [isBroken, setBroken] = useState(false);
  const source = useObjectUrl(upload.type.startsWith("image/") ? upload.blob : null);
  if (source !== null && !isBroken) {
    return <img className="pending-preview" src={source} alt="" onError={() => setBroken(true)} />;
  }
  const Icon = upload.isVoice ? Mic : Sheet;
  return (
    <span className="pending-preview">
      <Icon size={20} strokeWidth={1.5} aria-hidden="true" />
    </span>
  );
}

function State({ upload }: { upload: Upload }) {
  if (upload.state === "refused") return <WhyNot upload={upload} />;
  if (upload.state === "ready") return <span className="muted">{m.bytes(upload.size)}</span>;
  return (
    <>
      <span className="muted">
        {m.states[upload.state]} · {m.bytes(upload.size)}
      </span>
      <progress value={upload.progress} max={1} aria-label={m.uploadingOf(nameOf(upload))} />
    </>
  );
}

/** Why the server did not take it. */
export function WhyNot({ upload: { why } }: { upload: Upload }) {
  return (
    <span className="error" role="alert">
      {why === null ? m.states.refused : m.refusal(why.code, why.message, why.most)}
    </span>
  );
}

function AltField({ upload, onAlt }: { upload: Upload; onAlt: Props["onAlt"] }) {
  const id = useId();
  const [alt, setAlt] = useState(upload.alt);
  return (
    <input
      id={id}
      className="alt-field"
      value={alt}
      maxLength={500}
      placeholder={m.altHint}
      aria-label={m.altOf(upload.name)}
      onChange={({ target }) => setAlt(target.value)}
      onBlur={() => alt !== upload.alt && onAlt(upload.key, alt.trim())}
    />
  );
}

function useObjectUrl(blob: Blob | null): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (blob === null) return;
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return url;
}
