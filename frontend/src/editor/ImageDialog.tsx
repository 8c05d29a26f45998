import type { Editor } from "@tiptap/react";
import { type FormEvent, useEffect, useState } from "react";
import { t } from "../locales";
import { Modal } from "../ui/Modal";
import { imageAddress } from "./address";

/** Asks for the address of an image when the editor wants one. */
export function ImageDialog({ editor }: { editor: Editor }) {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const ask = () => setOpen(true);
    editor.on("imageWanted", ask);
    return () => {
      editor.off("imageWanted", ask);
    };
  }, [editor]);
  const close = () => {
    setOpen(false);
    editor.commands.focus();
  };
  return (
    <Modal title={t.image} isOpen={isOpen} onClose={close}>
      <ImageForm
        onCancel={close}
        onSubmit={(src, alt) => {
          setOpen(false);
          editor.chain().focus().setImage({ src, alt }).run();
        }}
      />
    </Modal>
  );
}

interface FormProps {
  onSubmit: (src: string, alt: string) => void;
  onCancel: () => void;
}

function ImageForm({ onSubmit, onCancel }: FormProps) {
  const [address, setAddress] = useState("");
  const [alt, setAlt] = useState("");
  const [isBad, setBad] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const src = imageAddress(address);
    if (src === null) setBad(true);
    else onSubmit(src, alt.trim());
  };
  return (
    <form className="stack" onSubmit={submit}>
      <label className="field">
        {t.imageAddress}
        <input
          value={address}
          placeholder="https://"
          aria-invalid={isBad}
          onChange={(event) => {
            setAddress(event.target.value);
            setBad(false);
          }}
        />
      </label>
      {isBad && (
        <p role="alert" className="error">
          {t.badImageAddress}
        </p>
      )}
      <label className="field">
        {t.imageDescription}
        <input value={alt} onChange={(event) => setAlt(event.target.value)} />
      </label>
      <div className="actions">
        <button type="button" className="button" onClick={onCancel}>
          {t.cancel}
        </button>
        <button type="submit" className="button primary">
          {t.insert}
        </button>
      </div>
    </form>
  );
}
