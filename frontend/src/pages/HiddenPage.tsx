import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { requestAccess } from "../api/sharing";
import { t } from "../locales";
import { Notice } from "../ui/Notice";
import { TopBar } from "./TopBar";
import { useIsMember } from "./useMember";

/** There is nothing for this person: whether there is a page at all is not told. */
export function HiddenPage({ id }: { id: string }) {
  const isMember = useIsMember();
  return (
    <>
      <TopBar>{null}</TopBar>
      <Notice title={t.pageHidden} text={t.pageHiddenText}>
        {isMember && <RequestForm id={id} />}
        <Link to="/" className="button">
          {t.backHome}
        </Link>
      </Notice>
    </>
  );
}

function RequestForm({ id }: { id: string }) {
  const [message, setMessage] = useState("");
  const ask = useMutation({ mutationFn: () => requestAccess(id, message.trim()) });
  if (ask.isSuccess) return <p role="status">{t.requestSent}</p>;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    ask.mutate();
  };
  return (
    <form className="request-form" onSubmit={submit}>
      <input
        aria-label={t.requestMessage}
        placeholder={t.requestMessage}
        maxLength={500}
        value={message}
        onChange={(event) => setMessage(event.target.value)}
      />
      {ask.isError && (
        <p role="alert" className="error">
          {ask.error.message}
        </p>
      )}
      <button type="submit" className="button primary" disabled={ask.isPending}>
        {t.requestAccess}
      </button>
    </form>
  );
}
