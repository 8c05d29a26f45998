import { useEffect } from "react";
import { useNavigate } from "react-router";
import { renewPush } from "./push";

/** A click on a notification outside of the page opens what it is about in this tab; see public/sw.js. */
export function usePushEvents(person: string): void {
  const navigate = useNavigate();
  useEffect(() => {
    void renewPush(person);
  }, [person]);
  useEffect(() => {
    const worker = navigator.serviceWorker;
    if (!worker) return;
    const hear = ({ data }: MessageEvent) => {
      if (data?.kind !== "open" || typeof data.path !== "string") return;
      if (data.path.startsWith("/d/")) void navigate(data.path);
    };
    worker.addEventListener("message", hear);
    return () => worker.removeEventListener("message", hear);
  }, [navigate]);
}
