import { useMutation } from "@tanstack/react-query";
import { type NewAccount, signUp } from "../../api/session";
import { a, language, t } from "../../locales";
import { Field, Form, Submit, type Values } from "../../ui/Form";
import { PasswordField } from "../../ui/PasswordField";
import { useEntered } from "./useEntered";

interface Props {
  action: string;
  email?: string;
  invitation?: string;
  /** Where to go then, unless there is a page of welcome. */
  to?: string;
}

/** Name, address, password: the first account, a new one, an invited one. */
export function AccountForm({ action, email, invitation, to }: Props) {
  const enter = useEntered();
  const join = useMutation({
    mutationFn: (account: NewAccount) => signUp(account, language()),
    onSuccess: ({ welcome, ...session }) => enter(session, welcome ? `/d/${welcome}` : to),
  });
  const submit = ({ name = "", email = "", password = "" }: Values) =>
    join.mutate({ name, email, password, ...(invitation ? { invitation } : {}) });
  return (
    <Form
      onSubmit={submit}
      error={join.error}
      fieldOf={{ taken: "email", weak_password: "password" }}
    >
      <Field
        label={t.yourName}
        name="name"
        autoComplete="name"
        required
        maxLength={64}
        autoFocus
        hint={t.yourNameHint}
      />
      <Field
        label={a.email}
        name="email"
        type="email"
        autoComplete="username"
        required
        maxLength={254}
        defaultValue={email}
      />
      <PasswordField label={a.password} name="password" isNew />
      <Submit isBusy={join.isPending}>{action}</Submit>
    </Form>
  );
}
