import { m } from "../../../locales";
import type { Upload } from "../../../sync/uploads";
import { nameOf, Preview, WhyNot } from "./PendingFiles";

/** A file of a message that the server does not have yet: what it will look like there, and how far it is. */
export function OutgoingFile({ upload }: { upload: Upload }) {
  return (
    <div className="pending outgoing" title={upload.name}>
      <Preview upload={upload} />
      <div className="pending-words">
        <span className="file-name">{nameOf(upload)}</span>
        <Progress upload={upload} />
      </div>
    </div>
  );
}

function Progress({ upload }: { upload: Upload }) {
  if (upload.state === "refused") return <WhyNot upload={upload} />;
  if (upload.state === "ready") return <span className="muted">{m.bytes(upload.size)}</span>;
  return <progress value={upload.progress} max={1} aria-label={m.uploadingOf(nameOf(upload))} />;
}
