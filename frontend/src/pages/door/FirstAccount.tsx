import { a } from "../../locales";
import { AccountForm } from "./AccountForm";
import { DoorCard } from "./DoorCard";
import type { DoorProps } from "./DoorPage";
import { OtherService } from "./OtherService";

export function FirstAccount({ setup, onGo }: DoorProps) {
  return (
    <DoorCard title={a.firstTitle} text={a.firstText}>
      <OtherService oidc={setup.oidc} />
      <AccountForm action={a.createFirst} />
      <p className="other-ways">
        <button type="button" className="quiet" onClick={() => onGo("guest")}>
          {a.justLook}
        </button>
      </p>
    </DoorCard>
  );
}
