import { useQuery } from "@tanstack/react-query";
import { fetchSetup } from "../api/session";
import { t } from "../locales";

export function useWorkspaceName(): string {
  const { data } = useQuery({
    queryKey: ["setup"],
    queryFn: fetchSetup,
    staleTime: 300_000,
    retry: false,
  });
  return data?.workspace || t.appName;
}
