import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "../locales";
import type { Status } from "../sync/status";
import { signInAddress } from "./door/next";
import { useMe } from "./me";
import { useLeave } from "./useSignOut";

interface Props {
  status: Status;
  isStored: boolean;
  onCopy: () => void;
  onDownload: () => void;
  onStartOver: () => void;
}

/** Says what is wrong and what one can do about it; nothing while all is well. */
export function Trouble({ status, isStored, onCopy, onDownload, onStartOver }: Props) {
  const { user } = useMe();
  const leave = useLeave();
  const text = textOf(status);
  const takeAlong = (
    <>
      <button type="button" className="button small" onClick={onCopy}>
        {t.copyText}
      </button>
      <button type="button" className="button small" onClick={onDownload}>
        {t.download}
      </button>
    </>
  );
  if (status.name === "newVersion") {
    return (
      <Banner tone="info" text={t.newVersionText}>
        <button type="button" className="button small" onClick={() => location.reload()}>
          {t.reload}
        </button>
      </Banner>
    );
  }
  if (status.name === "signedOut") {
    return (
      <Banner tone="danger" text={t.signedOutText}>
        <button
          type="button"
          className="button small primary"
          onClick={() => void leave(user.id, signInAddress(location.pathname))}
        >
          {t.signIn}
        </button>
        {takeAlong}
      </Banner>
    );
  }
  if (status.name === "readOnly" && status.kept > 0) {
    return (
      <Banner tone="danger" text={t.keptText(status.kept)}>
        {takeAlong}
        <button type="button" className="button small" onClick={onStartOver}>
          {t.openServerText}
        </button>
      </Banner>
    );
  }
  if (text !== undefined) {
    return (
      <Banner tone="danger" text={text}>
        {canNeverBeSent(status) && (
          <button type="button" className="button small primary" onClick={onStartOver}>
            {t.openServerText}
          </button>
        )}
        {takeAlong}
      </Banner>
    );
  }
  return isStored ? null : <Banner tone="warn" text={t.noStorage} />;
}

/** Another history, or words of somebody who is signed out: only their text can be taken along. */
function canNeverBeSent(status: Status): boolean {
  return (
    status.name === "otherGeneration" ||
    (status.name === "notSaving" && status.code === "foreign_client")
  );
}

function textOf(status: Status): string | undefined {
  if (status.name !== "notSaving") return TEXTS[status.name];
  // On a phone the chip has no room for the reason.
  return `${t.reason(status.code, status.reason)} ${t.notSavingText}`;
}

const TEXTS: Partial<Record<Status["name"], string>> = {
  accessEnded: t.accessEndedText,
  gone: t.goneText,
  tooLarge: t.tooLargeText,
  otherGeneration: t.otherGenerationText,
};

function Banner({ tone, text, children }: { tone: string; text: string; children?: ReactNode }) {
  return (
    <div className={`banner ${tone}`} role="alert">
      <TriangleAlert size={16} strokeWidth={1.75} aria-hidden="true" />
      <p>{text}</p>
      <span className="banner-actions">{children}</span>
    </div>
  );
}
