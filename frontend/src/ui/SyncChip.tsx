import { Check, CloudOff, Eye, LoaderCircle, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "../locales";
import type { Status } from "../sync/status";
import { exactly } from "./time";

type Look = { tone: "ok" | "busy" | "warn" | "danger" | "plain"; text: string; icon: ReactNode };

const ICON = { size: 14, strokeWidth: 2, "aria-hidden": true } as const;

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
      return { tone: "plain", text: t.connecting, icon: <LoaderCircle {...ICON} /> };
    case "saved":
      return { tone: "ok", text: t.saved, icon: <Check {...ICON} /> };
    case "saving":
      return { tone: "busy", text: t.saving, icon: <LoaderCircle {...ICON} /> };
    case "offline":
      return warn(t.offline(status.changes));
    case "restarting":
      return warn(t.restarting);
    case "notSaving":
      return danger(t.notSaving(status.reason));
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
      return warn(t.newVersion);
    case "readOnly":
      return { tone: "plain", text: t.readOnly, icon: <Eye {...ICON} /> };
  }
}
