import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changePassword } from "../../api/me";
import { fetchSession } from "../../api/session";
import { a } from "../../locales";
import { Form, Submit, type Values } from "../../ui/Form";
import { PasswordField } from "../../ui/PasswordField";
import { Section } from "../../ui/Section";
import { toast } from "../../ui/toast";
import { useMe } from "../me";
import { SecondFactor } from "./SecondFactor";

export function SecurityPage() {
  const { has_password, email } = useMe();
  return (
    <>
      <Section
        title={a.changePassword}
        text={has_password ? a.changePasswordText : a.setFirstPassword}
      >
        <PasswordForm hasPassword={has_password} email={email ?? ""} />
      </Section>
      <SecondFactor />
    </>
  );
}

function PasswordForm({ hasPassword, email }: { hasPassword: boolean; email: string }) {
  const queries = useQueryClient();
  const [round, setRound] = useState(0);
  const change = useMutation({
    mutationFn: ({ current = "", password = "" }: Values) => changePassword(password, current),
    onSuccess: async () => {
      setRound(round + 1);
      toast(a.passwordChanged);
      queries.setQueryData(["session"], await fetchSession());
    },
  });
  return (
    <Form
      key={round}
      onSubmit={(values) => change.mutate(values)}
      error={change.error}
      fieldOf={{ wrong_credentials: "current" }}
      texts={{ wrong_credentials: a.wrongPassword }}
    >
      {/* For password managers: whose password this is. */}
      <input type="hidden" name="email" autoComplete="username" value={email} />
      {hasPassword && <PasswordField label={a.currentPassword} name="current" />}
      <PasswordField label={a.newPassword} name="password" isNew />
      <div className="actions">
        <Submit isBusy={change.isPending}>{a.changePassword}</Submit>
      </div>
    </Form>
  );
}
