import { type FormEvent, useState } from "react";
import { t } from "../locales";
import { Modal } from "./Modal";

interface Props {
  title: string;
  text: string;
  action: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** For what cannot be undone: a word has to be typed, so that no hurried click does it. */
export function ConfirmDialog({ title, text, action, onConfirm, onClose }: Props) {
  const [typed, setTyped] = useState("");
  const isSure = typed.trim().toLocaleLowerCase() === t.deleteWord;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isSure) return;
    onConfirm();
    onClose();
  };
  return (
    <Modal title={title} isOpen onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <p>{text}</p>
        <label className="field">
          {t.confirmWord(t.deleteWord)}
          <input
            value={typed}
            autoComplete="off"
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
        <div className="actions">
          <button type="button" className="button" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" className="button destroy" disabled={!isSure}>
            {action}
          </button>
        </div>
      </form>
    </Modal>
  );
}
