import type { ReactNode } from "react";

/** A page that says one thing. */
export function Notice({
  title,
  text,
  children,
}: {
  title: string;
  text: string;
  children?: ReactNode;
}) {
  return (
    <main className="notice">
      <h1>{title}</h1>
      <p>{text}</p>
      {children}
    </main>
  );
}
