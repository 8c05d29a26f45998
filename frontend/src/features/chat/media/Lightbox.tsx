import { ChevronLeft, ChevronRight, Download, X } from "lucide-react";
import { Dialog } from "radix-ui";
import type { KeyboardEvent } from "react";
import { type Attachment, downloadUrl, fileUrl } from "../../../api/files";
import { m } from "../../../locales";
import { useReturnFocus } from "../../../ui/useReturnFocus";

interface Props {
  images: readonly Attachment[];
  at: number;
  onMove: (at: number) => void;
  onClose: () => void;
}

/** One picture as large as the window; arrow keys show the others of its message. */
export function Lightbox({ images, at, onMove, onClose }: Props) {
  const focus = useReturnFocus();
  const image = images[at];
  if (image === undefined) return null;
  const name = image.alt || image.name;
  const move = (by: number) => onMove((at + by + images.length) % images.length);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowRight") move(1);
    if (event.key === "ArrowLeft") move(-1);
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="lightbox-scrim" />
        <Dialog.Content
          className="lightbox"
          aria-describedby={undefined}
          onKeyDown={onKeyDown}
          {...focus}
        >
          <header>
            <Dialog.Title>{name}</Dialog.Title>
            {images.length > 1 && (
              <span className="lightbox-count" aria-live="polite">
                {m.imageOf(at + 1, images.length)}
              </span>
            )}
            <a
              className="icon-button"
              href={downloadUrl(image.id)}
              download={image.name}
              aria-label={m.downloadOf(image.name)}
              title={m.download}
            >
              <Download size={18} strokeWidth={1.75} aria-hidden="true" />
            </a>
            <Dialog.Close className="icon-button" aria-label={m.close} title={m.close}>
              <X size={18} strokeWidth={1.75} aria-hidden="true" />
            </Dialog.Close>
          </header>
          {/* biome-ignore lint/a11y/noStaticElementInteractions: a second way besides Escape and the button */}
          {/* biome-ignore lint/a11y/useKeyWithClickEvents: the same */}
          <div
            className="lightbox-stage"
            onClick={({ target, currentTarget }) => target === currentTarget && onClose()}
          >
            <img
              key={image.id}
              src={fileUrl(image.id)}
              alt={name}
              width={image.width ?? undefined}
              height={image.height ?? undefined}
            />
          </div>
          {images.length > 1 && (
            <>
              <button
                type="button"
                className="icon-button lightbox-previous"
                aria-label={m.previous}
                onClick={() => move(-1)}
              >
                <ChevronLeft size={26} strokeWidth={1.75} aria-hidden="true" />
              </button>
              <button
                type="button"
                className="icon-button lightbox-next"
                aria-label={m.next}
                onClick={() => move(1)}
              >
                <ChevronRight size={26} strokeWidth={1.75} aria-hidden="true" />
              </button>
            </>
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
