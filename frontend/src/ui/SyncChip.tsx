import { Check, CloudOff, Eye, LoaderCircle, RefreshCw, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "../locales";
import type { Status } from "../sync/status";
import { exactly } from "./time";

type Look = { tone: "ok" | "busy" | "warn" | "danger" | "plain"; text: string; icon: ReactNode };

const ICON = { size: 14, strokeWidth: 2, "aria-hidden": true } as const;
const BUSY = <LoaderCircle {...ICON} className="turning" />;

export function SyncChip({ status }: { status: Status }) {
  const { tone, text, icon } = lookOf(status);
  const hint = status.name === "saved" && status.at !== null ? t.savedAt(exactly(status.at)) : text;
  return (
    <span className={`chip ${tone}`} role="status" aria-live="polite" title={hint}>
      {icon}
      <span className="chip-text">{text}</span>
    </span>
  );
}

function lookOf(status: Status): Look {
  const danger = (text: string): Look => ({
    tone: "danger",
    text,
    icon: <TriangleAlert {...ICON} />,
  });
  const warn = (text: string): Look => ({ tone: "warn", text, icon: <CloudOff {...ICON} /> });
  switch (status.name) {
    case "connecting":
      return { tone: "plain", text: t.connecting, icon: BUSY };
    case "saved":
      return { tone: "ok", text: t.saved, icon: <Check {...ICON} /> };
    case "saving":
      return { tone: "busy", text: t.saving, icon: BUSY };
    case "offline":
      return warn(t.offline(status.changes));
    case "restarting":
      return { tone: "warn", text: t.restarting, icon: BUSY };
    case "notSaving":
      return danger(t.notSaving(t.reason(status.code, status.reason)));
    case "signedOut":
      return danger(t.signedOut);
    case "accessEnded":
      return danger(t.accessEnded);
    case "gone":
      return danger(t.gone);
    case "tooLarge":
      return danger(t.tooLarge);
    case "otherGeneration":
      return danger(t.otherGeneration);
    case "newVersion":
      return { tone: "warn", text: t.newVersion, icon: <RefreshCw {...ICON} /> };
    case "readOnly":
      return { tone: "plain", text: t.readOnly, icon: <Eye {...ICON} /> };
  }
}
