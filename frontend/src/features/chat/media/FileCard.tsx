import { Download, FileArchive, FileText, FileVideo, File as Sheet } from "lucide-react";
import { type Attachment, downloadUrl } from "../../../api/files";
import { m } from "../../../locales";

/** Something to be downloaded: its name, what it is, how large. */
export function FileCard({ file }: { file: Attachment }) {
  const Icon = iconOf(file);
  return (
    <a
      className="file-card"
      href={downloadUrl(file.id)}
      download={file.name}
      aria-label={`${m.downloadOf(file.name)}, ${endingOf(file)}, ${m.bytes(file.size)}`}
    >
      <Icon className="file-icon" size={22} strokeWidth={1.5} aria-hidden="true" />
      <span className="file-words">
        <span className="file-name">{file.name}</span>
        <span className="muted">
          {endingOf(file)} · {m.bytes(file.size)}
        </span>
      </span>
      <Download className="file-get" size={18} strokeWidth={1.75} aria-hidden="true" />
    </a>
  );
}

const ARCHIVES = new Set(["zip", "gz", "tar", "7z", "rar"]);
const TEXTS = new Set(["pdf", "txt", "md", "doc", "docx", "odt", "csv", "xls", "xlsx", "ods"]);

function iconOf(file: Attachment) {
  if (file.kind === "video") return FileVideo;
  const ending = endingOf(file).toLowerCase();
  if (ARCHIVES.has(ending)) return FileArchive;
  return TEXTS.has(ending) ? FileText : Sheet;
}

/** What people call the type: the end of the name. */
function endingOf(file: Attachment): string {
  const ending = /\.([\p{L}\p{N}]{1,8})$/u.exec(file.name)?.[1];
  return ending === undefined ? m.kinds[file.kind] : ending.toUpperCase();
}
