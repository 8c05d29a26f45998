import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { createToken, fetchTokens, revokeToken, SCOPES, type Token } from "../../api/me";
import { a, t } from "../../locales";
import { Field, Form, Submit, type Values } from "../../ui/Form";
import { Listing } from "../../ui/Listing";
import { Modal } from "../../ui/Modal";
import { Section } from "../../ui/Section";
import { Select } from "../../ui/Select";
import { Shown } from "../../ui/Shown";
import { ago, exactly } from "../../ui/time";
import { useMe } from "../me";
import { useDeed } from "./useChange";

const DAYS = [30, 90, 365];
const DAY_MS = 86_400_000;

export function TokensPage() {
  const tokens = useQuery({ queryKey: ["tokens"], queryFn: fetchTokens });
  const [isMaking, setMaking] = useState(false);
  return (
    <Section title={a.tokens} text={a.tokensText}>
      <Listing query={tokens} label={a.tokens} empty={a.noTokens}>
        {(each) => <TokenRow key={each.id} token={each} />}
      </Listing>
      <div className="actions start">
        <button type="button" className="button primary" onClick={() => setMaking(true)}>
          {a.newToken}
        </button>
      </div>
      {isMaking && <NewToken onClose={() => setMaking(false)} />}
    </Section>
  );
}

function TokenRow({ token }: { token: Token }) {
  const revoke = useDeed(() => revokeToken(token.id), a.tokenRevoked, "tokens");
  const { name, scopes, used_at, expires_at } = token;
  return (
    <li className="listed">
      <KeyRound size={18} strokeWidth={1.75} aria-hidden="true" />
      <span className="about">
        <span className="name">{name}</span>
        <span className="small muted">
          {scopes.map((scope) => a.scopeNames[scope] ?? scope).join(", ")}
        </span>
        <span className="small muted">
          {used_at ? (
            <time dateTime={used_at} title={exactly(used_at)}>
              {a.used(ago(used_at))}
            </time>
          ) : (
            a.neverUsed
          )}
          {" · "}
          {expires_at ? a.endsAt(exactly(expires_at)) : a.endsNever}
        </span>
      </span>
      <button
        type="button"
        className="button small danger-text"
        aria-label={a.revokeOf(name)}
        onClick={() => revoke.mutate()}
      >
        {a.revoke}
      </button>
    </li>
  );
}

function NewToken({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const [scopes, setScopes] = useState<string[]>(["read"]);
  const make = useMutation({
    mutationFn: ({ name = "", days = "" }: Values) => createToken(name, scopes, endOf(days)),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
  if (make.data) return <Secret secret={make.data.secret} onClose={onClose} />;
  return (
    <Modal title={a.newToken} isOpen onClose={onClose}>
      <Form onSubmit={(values) => scopes.length > 0 && make.mutate(values)} error={make.error}>
        <Field label={a.tokenName} name="name" required maxLength={64} autoComplete="off" />
        <Scopes chosen={scopes} onChange={setScopes} />
        <Select
          label={a.expires}
          name="days"
          defaultValue="90"
          options={[
            ...DAYS.map((days): [string, string] => [String(days), a.inDays(days)]),
            ["", a.never],
          ]}
        />
        <div className="actions">
          <button type="button" className="button" onClick={onClose}>
            {t.cancel}
          </button>
          <Submit isBusy={make.isPending}>{a.createToken}</Submit>
        </div>
      </Form>
    </Modal>
  );
}

const endOf = (days: string) =>
  days === "" ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();

interface ScopesProps {
  chosen: string[];
  onChange: (scopes: string[]) => void;
}

function Scopes({ chosen, onChange }: ScopesProps) {
  const { is_operator } = useMe();
  const offered = SCOPES.filter((scope) => scope !== "admin" || is_operator);
  const toggle = (scope: string) =>
    onChange(chosen.includes(scope) ? chosen.filter((each) => each !== scope) : [...chosen, scope]);
  return (
    <fieldset className="checks">
      <legend>{a.scopes}</legend>
      {offered.map((scope) => (
        <label key={scope}>
          <input type="checkbox" checked={chosen.includes(scope)} onChange={() => toggle(scope)} />
          {a.scopeNames[scope]}
        </label>
      ))}
      {chosen.length === 0 && (
        <p role="alert" className="error small">
          {a.chooseScope}
        </p>
      )}
    </fieldset>
  );
}

function Secret({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Modal title={a.tokenSecret} isOpen onClose={onClose}>
      <div className="stack">
        <p className="muted">{a.tokenSecretText}</p>
        <Shown label={a.tokenSecret} value={secret} />
        <div className="actions">
          <button type="button" className="button primary" onClick={onClose}>
            {a.done}
          </button>
        </div>
      </div>
    </Modal>
  );
}
