import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { ApiError } from "../../api/http";
import { openLink, type Session } from "../../api/session";
import { a, t } from "../../locales";
import { Field, Form, Submit, type Values } from "../../ui/Form";
import { PasswordField } from "../../ui/PasswordField";
import { Skeleton } from "../../ui/Skeleton";
import { DoorCard } from "./DoorCard";
import { useEntered } from "./useEntered";
import { useSecret } from "./useSecret";

/** `/s#SECRET`: a page that somebody shared. Who is somebody here already is asked nothing that need not be asked. */
export default function LinkPage({ session }: { session: Session | null }) {
  const secret = useSecret();
  const enter = useEntered();
  const open = useMutation({
    mutationFn: (given: { name?: string; password?: string }) => openLink({ secret, ...given }),
    onSuccess: (opened) => enter(opened.session, `/d/${opened.document}`),
  });
  const [isKnown] = useState(session !== null);
  const { mutate } = open;
  useEffect(() => {
    if (isKnown) mutate({});
  }, [isKnown, mutate]);
  const code = open.error instanceof ApiError ? open.error.code : "";
  const [wantsPassword, setWantsPassword] = useState(false);
  if (!wantsPassword && (code === "password_needed" || code === "wrong_password")) {
    setWantsPassword(true);
  }
  if (code === "not_found") {
    return (
      <DoorCard title={a.linkOver} text={a.linkOverText}>
        <Link className="button" to="/">
          {t.backHome}
        </Link>
      </DoorCard>
    );
  }
  if (isKnown && !wantsPassword && open.error === null) {
    return (
      <DoorCard title={a.sharedTitle}>
        <Skeleton />
      </DoorCard>
    );
  }
  const submit = ({ name = "", password = "" }: Values) =>
    open.mutate({
      ...(name.trim() ? { name } : {}),
      ...(password ? { password } : {}),
    });
  return (
    <DoorCard
      title={wantsPassword ? a.linkPassword : a.sharedTitle}
      {...(isKnown ? {} : { text: a.sharedText })}
    >
      <Form
        onSubmit={submit}
        error={code === "password_needed" ? null : open.error}
        fieldOf={{ wrong_password: "password" }}
      >
        {!isKnown && <NameField />}
        {wantsPassword && <PasswordField label={a.password} name="password" autoFocus />}
        <Submit isBusy={open.isPending}>{a.openPage}</Submit>
      </Form>
      {!isKnown && (
        <div className="other-ways">
          <p>
            {a.haveAccount}{" "}
            <Link to={`/signin?next=${encodeURIComponent(`/s${location.hash}`)}`}>{t.signIn}</Link>
          </p>
        </div>
      )}
    </DoorCard>
  );
}

function NameField() {
  return (
    <Field
      label={t.yourName}
      name="name"
      autoComplete="nickname"
      required={false}
      maxLength={64}
      placeholder={a.animalName}
      autoFocus
    />
  );
}
