import { useEffect } from "react";
import { t } from "../locales";

export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${t.appName}`;
    return () => {
      document.title = t.appName;
    };
  }, [title]);
}
