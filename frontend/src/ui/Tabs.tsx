import { NavLink } from "react-router";

interface Props {
  label: string;
  tabs: { to: string; text: string }[];
}

/** Pages that belong together, side by side. */
export function Tabs({ label, tabs }: Props) {
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(({ to, text }) => (
        <NavLink key={to} to={to} replace>
          {text}
        </NavLink>
      ))}
    </nav>
  );
}
