import { useMutation } from "@tanstack/react-query";
import { Link } from "react-router";
import { completeReset } from "../../api/session";
import { a, t } from "../../locales";
import { Form, Submit } from "../../ui/Form";
import { PasswordField } from "../../ui/PasswordField";
import { DoorCard } from "./DoorCard";
import { useSecret } from "./useSecret";

/** `/reset#SECRET`: a new password. */
export default function ResetPage() {
  const secret = useSecret();
  const reset = useMutation({
    mutationFn: (password: string) => completeReset(secret, password),
  });
  if (reset.isSuccess) {
    return (
      <DoorCard title={a.done} text={<span role="status">{a.resetDone}</span>}>
        <Link className="button primary" to="/signin">
          {t.signIn}
        </Link>
      </DoorCard>
    );
  }
  return (
    <DoorCard title={a.resetTitle} text={a.resetText}>
      <Form onSubmit={({ password = "" }) => reset.mutate(password)} error={reset.error}>
        <PasswordField label={a.newPassword} name="password" isNew autoFocus />
        <Submit isBusy={reset.isPending}>{a.setPassword}</Submit>
      </Form>
    </DoorCard>
  );
}
