import { a, t } from "../../locales";
import { copyText } from "../../ui/copy";
import { download } from "../../ui/download";
import { Modal } from "../../ui/Modal";

interface Props {
  codes: string[];
  onClose: () => void;
}

/** Shown this once. */
export function RecoveryCodes({ codes, onClose }: Props) {
  const text = `${t.appName}: ${location.host}\n\n${codes.join("\n")}\n`;
  return (
    <Modal title={a.recoveryTitle} isOpen onClose={onClose}>
      <div className="stack recovery">
        <p className="muted">{a.recoveryKeep}</p>
        <ul className="codes" aria-label={a.recoveryTitle}>
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <div className="actions">
          <button type="button" className="button" onClick={() => void copyText(text)}>
            {a.copy}
          </button>
          <button
            type="button"
            className="button"
            onClick={() => download("quillroom-recovery-codes.txt", text)}
          >
            {a.downloadText}
          </button>
          <button type="button" className="button" onClick={() => window.print()}>
            {a.print}
          </button>
          <span className="grow" />
          <button type="button" className="button primary" onClick={onClose}>
            {a.iKeptThem}
          </button>
        </div>
      </div>
    </Modal>
  );
}
