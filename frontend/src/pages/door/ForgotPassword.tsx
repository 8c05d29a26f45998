import { useMutation } from "@tanstack/react-query";
import { askForReset } from "../../api/session";
import { a } from "../../locales";
import { Field, Form, Submit } from "../../ui/Form";
import { DoorCard } from "./DoorCard";
import type { DoorProps } from "./DoorPage";

export function ForgotPassword({ setup, onGo }: DoorProps) {
  const ask = useMutation({ mutationFn: askForReset });
  const isFormShown = setup.email && !ask.isSuccess;
  return (
    <DoorCard title={a.forgotTitle} text={setup.email ? undefined : a.forgotNoMail}>
      {ask.isSuccess && <p role="status">{a.forgotSent}</p>}
      {isFormShown && (
        <>
          <p className="muted">{a.forgotText}</p>
          <Form onSubmit={({ email = "" }) => ask.mutate(email)} error={ask.error}>
            <Field
              label={a.email}
              name="email"
              type="email"
              autoComplete="username"
              required
              autoFocus
              maxLength={254}
            />
            <Submit isBusy={ask.isPending}>{a.sendLink}</Submit>
          </Form>
        </>
      )}
      <div className="other-ways">
        <button
          type="button"
          ref={isFormShown ? null : focus}
          className="quiet"
          onClick={() => onGo("in")}
        >
          {a.backToSignIn}
        </button>
      </div>
    </DoorCard>
  );
}

const focus = (button: HTMLButtonElement | null) => button?.focus();
