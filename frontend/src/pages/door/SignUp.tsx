import { a, t } from "../../locales";
import { AccountForm } from "./AccountForm";
import { DoorCard } from "./DoorCard";
import type { DoorProps } from "./DoorPage";

export function SignUp({ setup, onGo }: DoorProps) {
  return (
    <DoorCard title={a.signUpTitle(setup.workspace)}>
      <AccountForm action={a.createAccount} />
      <div className="other-ways">
        <p>
          {a.haveAccount}{" "}
          <button type="button" className="quiet" onClick={() => onGo("in")}>
            {t.signIn}
          </button>
        </p>
      </div>
    </DoorCard>
  );
}
