import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { fetchSetup, type Setup } from "../../api/session";
import { t } from "../../locales";
import { Skeleton } from "../../ui/Skeleton";
import { DoorCard } from "./DoorCard";
import { FirstAccount } from "./FirstAccount";
import { ForgotPassword } from "./ForgotPassword";
import { GuestForm } from "./GuestForm";
import { SignIn } from "./SignIn";
import { SignUp } from "./SignUp";

export type Way = "in" | "up" | "guest" | "forgot";

/** What somebody sees who is nobody here yet. */
export function DoorPage() {
  const setup = useSetup();
  const [way, setWay] = useState<Way>("in");
  if (setup.isPending) {
    return (
      <DoorCard title={t.appName} text={t.tagline}>
        <Skeleton />
      </DoorCard>
    );
  }
  if (setup.isError) {
    return (
      <DoorCard title={t.appName} text={t.cannotReach}>
        <button type="button" className="button" onClick={() => void setup.refetch()}>
          {t.tryAgain}
        </button>
      </DoorCard>
    );
  }
  return <Door setup={setup.data} way={way} onGo={setWay} />;
}

export function useSetup() {
  return useQuery({ queryKey: ["setup"], queryFn: fetchSetup, staleTime: 30_000 });
}

export interface DoorProps {
  setup: Setup;
  onGo: (way: Way) => void;
}

function Door({ way, ...props }: DoorProps & { way: Way }) {
  if (!props.setup.claimed) {
    return way === "guest" ? <GuestForm {...props} /> : <FirstAccount {...props} />;
  }
  if (way === "up" && props.setup.sign_up === "open") return <SignUp {...props} />;
  if (way === "forgot") return <ForgotPassword {...props} />;
  return <SignIn {...props} />;
}
