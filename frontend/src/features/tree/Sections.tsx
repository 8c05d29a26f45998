import { FileText } from "lucide-react";
import { NavLink } from "react-router";
import { t } from "../../locales";
import { useFavourites } from "./favourites";

/** Nothing at all while nothing is starred. */
export function FavouriteSection() {
  const favourites = useFavourites();
  if (favourites.length === 0) return null;
  return (
    <section aria-labelledby="favourites">
      <h2 id="favourites">{t.favourites}</h2>
      {favourites.map((each) => (
        <NavLink key={each.id} to={`/d/${each.id}`} className="row">
          <FileText size={16} strokeWidth={1.75} aria-hidden="true" />
          <span className="name">{each.title || t.untitled}</span>
        </NavLink>
      ))}
    </section>
  );
}
