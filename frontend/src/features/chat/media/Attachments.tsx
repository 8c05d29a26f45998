import type { Attachment } from "../../../api/files";
import { m } from "../../../locales";
import { FileCard } from "./FileCard";
import { Images } from "./Images";
import { VoiceMessage } from "./VoiceMessage";

/** The files of a message: pictures together, what can be heard with a player, the rest as cards. */
export function Attachments({ files }: { files: readonly Attachment[] }) {
  if (files.length === 0) return null;
  const images = files.filter((file) => file.kind === "image");
  const others = files.filter((file) => file.kind !== "image");
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields
    <div className="attachments" role="group" aria-label={m.files}>
      {images.length > 0 && <Images images={images} />}
      {others.map((file) =>
        file.kind === "voice" || file.kind === "audio" ? (
          <VoiceMessage key={file.id} file={file} />
        ) : (
          <FileCard key={file.id} file={file} />
        ),
      )}
    </div>
  );
}
