import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../../api/http";
import { signIn } from "../../api/session";
import { a, t } from "../../locales";
import { Field, Form, Submit } from "../../ui/Form";
import { PasswordField } from "../../ui/PasswordField";
import { CodeForm } from "./CodeForm";
import { DoorCard } from "./DoorCard";
import type { DoorProps } from "./DoorPage";
import { OtherService } from "./OtherService";
import { useEntered } from "./useEntered";

interface Credentials {
  email: string;
  password: string;
}

export function SignIn({ setup, onGo }: DoorProps) {
  const enter = useEntered();
  const [proved, setProved] = useState<Credentials | null>(null);
  const come = useMutation({
    mutationFn: ({ email, password }: Credentials) => signIn(email, password),
    onSuccess: (session) => enter(session),
    onError: (error, credentials) => {
      if (error instanceof ApiError && error.code === "code_needed") setProved(credentials);
    },
  });
  if (proved !== null) return <CodeForm {...proved} onBack={() => setProved(null)} />;
  return (
    <DoorCard title={a.signInTitle(setup.workspace)}>
      <OtherService oidc={setup.oidc} />
      <Form
        onSubmit={({ email = "", password = "" }) => come.mutate({ email, password })}
        error={come.error}
        fieldOf={{ wrong_credentials: "password" }}
      >
        <Field
          label={a.email}
          name="email"
          type="email"
          autoComplete="username"
          required
          autoFocus
          maxLength={254}
        />
        <PasswordField label={a.password} name="password" />
        <Submit isBusy={come.isPending}>{t.signIn}</Submit>
      </Form>
      <div className="other-ways">
        <button type="button" className="quiet" onClick={() => onGo("forgot")}>
          {a.forgot}
        </button>
        {setup.sign_up === "open" ? (
          <p>
            {a.noAccountYet}{" "}
            <button type="button" className="quiet" onClick={() => onGo("up")}>
              {a.createAccount}
            </button>
          </p>
        ) : (
          setup.sign_up === "invitation" && <p className="muted">{a.invitationOnly}</p>
        )}
      </div>
    </DoorCard>
  );
}
