import { useEffect, useState } from "react";
import { n } from "../../locales";
import { Section } from "../../ui/Section";
import { toast } from "../../ui/toast";
import { type PushState, pushState, turnOffPush, turnOnPush } from "./push";

/** Push messages to this very browser. */
export function PushHere({ person }: { person: string }) {
  const [state, setState] = useState<PushState | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  useEffect(() => {
    void pushState(person).then(setState);
  }, [person]);
  const turn = async (change: () => Promise<PushState>) => {
    setIsBusy(true);
    try {
      setState(await change());
    } catch (error) {
      console.warn(error);
      toast(n.pushFailed);
    }
    setIsBusy(false);
  };
  const isChangeable = state === "on" || state === "off";
  return (
    <Section title={n.pushTitle} text={n.pushText}>
      <div className="actions start push-here">
        <span role="status">{state !== null && n.pushStates[state]}</span>
        {isChangeable && (
          <button
            type="button"
            className={state === "off" ? "button primary" : "button"}
            aria-busy={isBusy}
            onClick={() =>
              !isBusy && void turn(state === "on" ? turnOffPush : () => turnOnPush(person))
            }
          >
            {state === "on" ? n.turnOff : n.turnOn}
          </button>
        )}
      </div>
    </Section>
  );
}
