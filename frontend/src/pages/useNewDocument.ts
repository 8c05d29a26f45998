import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { createDocument } from "../api/client";
import { t } from "../locales";
import { toast } from "../ui/toast";

export function useNewDocument(): () => void {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const create = useMutation({
    mutationFn: () => createDocument(""),
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: ["documents"] });
      void navigate(`/d/${made.id}`, { state: { isNew: true } });
    },
    onError: () => toast(t.cannotCreate),
  });
  return () => {
    if (!create.isPending) create.mutate();
  };
}
