import { type ReactNode, useId } from "react";

interface Props {
  title: string;
  text?: ReactNode;
  children?: ReactNode;
}

/** A part of a page of settings. */
export function Section({ title, text, children }: Props) {
  const id = useId();
  return (
    <section className="section" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {text !== undefined && <p className="muted">{text}</p>}
      {children}
    </section>
  );
}
