import { Download } from "lucide-react";
import { type Attachment, downloadUrl, fileUrl } from "../../../api/files";
import { m } from "../../../locales";
import { clock } from "./clock";
import { Player } from "./Player";

/** A recording, or any file that can be heard. */
export function VoiceMessage({ file }: { file: Attachment }) {
  const name = file.kind === "voice" ? m.voiceOf(clock(file.duration ?? 0)) : m.audioOf(file.name);
  return (
    <div className="voice">
      <Player
        name={name}
        source={fileUrl(file.id)}
        duration={file.duration}
        waveform={file.waveform}
      />
      {file.kind === "audio" && (
        <a
          className="icon-button"
          href={downloadUrl(file.id)}
          download={file.name}
          aria-label={m.downloadOf(file.name)}
        >
          <Download size={16} strokeWidth={1.75} aria-hidden="true" />
        </a>
      )}
    </div>
  );
}
