import { usePageActions } from "../features/tree/actions";

/** A new page at the top of the tree. */
export function useNewDocument(): () => void {
  const { create } = usePageActions();
  return () => void create();
}
