import { useState } from "react";
import { type Attachment, fileUrl, thumbnailUrl } from "../../../api/files";
import { m } from "../../../locales";
import { Lightbox } from "./Lightbox";

const SIDE = 240;

/** The pictures of a message, small; a click shows them large. */
export function Images({ images }: { images: readonly Attachment[] }) {
  const [shown, setShown] = useState<number | null>(null);
  return (
    <div className={images.length > 1 ? "thumbs many" : "thumbs"}>
      {images.map((image, at) => (
        <ImageThumb key={image.id} image={image} onOpen={() => setShown(at)} />
      ))}
      {shown !== null && (
        <Lightbox images={images} at={shown} onMove={setShown} onClose={() => setShown(null)} />
      )}
    </div>
  );
}

export function ImageThumb({ image, onOpen }: { image: Attachment; onOpen: () => void }) {
  const name = image.alt || image.name;
  const { width, height } = shownSize(image);
  return (
    <button type="button" className="thumb" aria-label={m.openImage(name)} onClick={onOpen}>
      <img
        src={image.has_thumbnail ? thumbnailUrl(image.id) : fileUrl(image.id)}
        alt=""
        width={width}
        height={height}
        loading="lazy"
        decoding="async"
      />
    </button>
  );
}

/** Known before it is there, so that nothing jumps when it comes. */
export function shownSize({ width, height }: Attachment): { width: number; height: number } {
  if (!width || !height) return { width: SIDE, height: SIDE * 0.75 };
  const scale = Math.min(1, SIDE / width, SIDE / height);
  return {
    width: Math.max(32, Math.round(width * scale)),
    height: Math.max(32, Math.round(height * scale)),
  };
}
