import { useQuery } from "@tanstack/react-query";
import { call } from "../api/client";
import { t } from "../locales";

export function useWorkspaceName(): string {
  const { data } = useQuery({
    queryKey: ["setup"],
    queryFn: () => call<{ workspace?: string }>("GET", "/api/setup"),
    staleTime: 300_000,
    retry: false,
  });
  return data?.workspace || t.appName;
}
