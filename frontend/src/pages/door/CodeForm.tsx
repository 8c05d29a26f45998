import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { signIn } from "../../api/session";
import { a, t } from "../../locales";
import { Field, Form, Submit } from "../../ui/Form";
import { DoorCard } from "./DoorCard";
import { useEntered } from "./useEntered";

interface Props {
  email: string;
  password: string;
  onBack: () => void;
}

/** The second factor, after the password was right. */
export function CodeForm({ email, password, onBack }: Props) {
  const enter = useEntered();
  const [isRecovery, setRecovery] = useState(false);
  const come = useMutation({
    mutationFn: (code: string) => signIn(email, password, code.replaceAll(" ", "")),
    onSuccess: (session) => enter(session),
  });
  const change = () => {
    come.reset();
    setRecovery(!isRecovery);
  };
  return (
    <DoorCard title={a.codeTitle} text={isRecovery ? a.recoveryText : a.codeText}>
      <Form
        onSubmit={({ code = "" }) => come.mutate(code)}
        error={come.error}
        fieldOf={{ wrong_code: "code", code_needed: "code" }}
      >
        <CodeField key={String(isRecovery)} isRecovery={isRecovery} />
        <Submit isBusy={come.isPending}>{t.signIn}</Submit>
      </Form>
      <div className="other-ways">
        <button type="button" className="quiet" onClick={change}>
          {isRecovery ? a.useApp : a.useRecovery}
        </button>
        <button type="button" className="quiet" onClick={onBack}>
          {a.backToSignIn}
        </button>
      </div>
    </DoorCard>
  );
}

export function CodeField({ isRecovery = false }: { isRecovery?: boolean }) {
  return (
    <Field
      label={isRecovery ? a.recoveryCode : a.code}
      name="code"
      required
      autoFocus
      autoComplete={isRecovery ? "off" : "one-time-code"}
      inputMode={isRecovery ? "text" : "numeric"}
      autoCapitalize="off"
      spellCheck={false}
      maxLength={32}
      className="code"
    />
  );
}
