import { useQuery } from "@tanstack/react-query";
import { fetchFavourites } from "../../api/pages";

/** The pages that I have starred, in my order. */
export function useFavourites() {
  const { data } = useQuery({ queryKey: ["favourites"], queryFn: fetchFavourites });
  return data ?? [];
}

export function useIsFavourite(id: string): boolean {
  return useFavourites().some((each) => each.id === id);
}
