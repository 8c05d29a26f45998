import { useMutation } from "@tanstack/react-query";
import { beginGuest } from "../../api/session";
import { a, t } from "../../locales";
import { Field, Form, Submit } from "../../ui/Form";
import { DoorCard } from "./DoorCard";
import type { DoorProps } from "./DoorPage";
import { useEntered } from "./useEntered";

export function GuestForm({ onGo }: DoorProps) {
  const enter = useEntered();
  const begin = useMutation({
    mutationFn: beginGuest,
    onSuccess: (session) => enter(session),
  });
  return (
    <DoorCard title={a.lookTitle} text={t.tagline}>
      <Form onSubmit={({ name = "" }) => begin.mutate(name)} error={begin.error}>
        <Field
          label={t.yourName}
          name="name"
          autoComplete="name"
          required
          maxLength={64}
          autoFocus
          hint={t.yourNameHint}
        />
        <Submit isBusy={begin.isPending}>{t.start}</Submit>
      </Form>
      <p className="other-ways">
        <button type="button" className="quiet" onClick={() => onGo("in")}>
          {a.backToAccount}
        </button>
      </p>
    </DoorCard>
  );
}
