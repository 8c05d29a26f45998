import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { confirmTotp, prepareTotp, renewRecoveryCodes, turnOffTotp } from "../../api/me";
import { fetchSession } from "../../api/session";
import { a, t } from "../../locales";
import { Form, Submit, type Values } from "../../ui/Form";
import { Modal } from "../../ui/Modal";
import { PasswordField } from "../../ui/PasswordField";
import { QrCode } from "../../ui/QrCode";
import { Section } from "../../ui/Section";
import { Shown } from "../../ui/Shown";
import { toast } from "../../ui/toast";
import { CodeField } from "../door/CodeForm";
import { useMe } from "../me";
import { RecoveryCodes } from "./RecoveryCodes";

type Step = "on" | "off" | "codes" | null;

export function SecondFactor() {
  const { has_totp } = useMe();
  const [step, setStep] = useState<Step>(null);
  const close = () => setStep(null);
  return (
    <Section title={a.secondFactor} text={has_totp ? a.secondFactorOn : a.secondFactorOff}>
      <div className="actions start">
        {has_totp ? (
          <>
            <button type="button" className="button" onClick={() => setStep("codes")}>
              {a.newRecovery}
            </button>
            <button type="button" className="button danger-text" onClick={() => setStep("off")}>
              {a.turnOff}
            </button>
          </>
        ) : (
          <button type="button" className="button primary" onClick={() => setStep("on")}>
            {a.turnOn}
          </button>
        )}
      </div>
      {step === "on" && <TurnOn onClose={close} />}
      {step === "off" && <TurnOff onClose={close} />}
      {step === "codes" && <NewCodes onClose={close} />}
    </Section>
  );
}

interface StepProps {
  onClose: () => void;
}

/** The password, then the picture, then a code that proves the app has it, then the recovery codes. */
function TurnOn({ onClose }: StepProps) {
  const { has_password } = useMe();
  const refresh = useRefreshedSession();
  const prepare = useMutation({ mutationFn: prepareTotp });
  const confirm = useMutation({
    mutationFn: (code: string) => confirmTotp(code.replaceAll(" ", "")),
  });
  const close = () => {
    if (confirm.data) {
      void refresh();
      toast(a.secondFactorIsOn);
    }
    onClose();
  };
  if (confirm.data) return <RecoveryCodes codes={confirm.data} onClose={close} />;
  return (
    <Modal title={a.secondFactor} isOpen onClose={close}>
      {prepare.data === undefined ? (
        <Form
          onSubmit={({ password = "" }) => prepare.mutate(password)}
          error={prepare.error}
          {...WRONG}
        >
          {has_password && <PasswordField label={a.currentPassword} name="password" />}
          <StepActions action={a.goOn} isBusy={prepare.isPending} onClose={onClose} />
        </Form>
      ) : (
        <Form
          onSubmit={({ code = "" }) => confirm.mutate(code)}
          error={confirm.error}
          fieldOf={{ wrong_code: "code" }}
        >
          <p className="muted">{a.scan}</p>
          <QrCode text={prepare.data.uri} label={a.qrCode} />
          <Shown label={a.key} value={prepare.data.secret} />
          <p className="muted">{a.typeCode}</p>
          <CodeField />
          <StepActions action={a.confirm} isBusy={confirm.isPending} onClose={onClose} />
        </Form>
      )}
    </Modal>
  );
}

function TurnOff({ onClose }: StepProps) {
  const refresh = useRefreshedSession();
  const off = useMutation({
    mutationFn: ({ password = "", code = "" }: Values) => turnOffTotp(password, code),
    onSuccess: () => {
      void refresh();
      toast(a.secondFactorIsOff);
      onClose();
    },
  });
  return (
    <Modal title={a.turnOff} isOpen onClose={onClose}>
      <ProofForm text={a.turnOffText} action={a.turnOff} run={off} onClose={onClose} />
    </Modal>
  );
}

function NewCodes({ onClose }: StepProps) {
  const renew = useMutation({
    mutationFn: ({ password = "", code = "" }: Values) => renewRecoveryCodes(password, code),
  });
  if (renew.data) return <RecoveryCodes codes={renew.data} onClose={onClose} />;
  return (
    <Modal title={a.newRecovery} isOpen onClose={onClose}>
      <ProofForm text={a.newRecoveryText} action={a.goOn} run={renew} onClose={onClose} />
    </Modal>
  );
}

interface ProofProps extends StepProps {
  text: string;
  action: string;
  run: { mutate: (values: Values) => void; error: Error | null; isPending: boolean };
}

/** Password and code: a browser that was left open is not enough. */
function ProofForm({ text, action, run, onClose }: ProofProps) {
  const { has_password } = useMe();
  return (
    <Form onSubmit={run.mutate} error={run.error} {...WRONG}>
      <p className="muted">{text}</p>
      {has_password && <PasswordField label={a.currentPassword} name="password" />}
      <CodeField />
      <StepActions action={action} isBusy={run.isPending} onClose={onClose} />
    </Form>
  );
}

const WRONG = {
  fieldOf: { wrong_credentials: "password", wrong_code: "code", code_needed: "code" },
  texts: { wrong_credentials: a.wrongPassword },
};

function StepActions({ action, isBusy, onClose }: StepProps & { action: string; isBusy: boolean }) {
  return (
    <div className="actions">
      <button type="button" className="button" onClick={onClose}>
        {t.cancel}
      </button>
      <Submit isBusy={isBusy}>{action}</Submit>
    </div>
  );
}

function useRefreshedSession(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    queries.setQueryData(["session"], await fetchSession());
  };
}
