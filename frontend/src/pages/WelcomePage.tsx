import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { beginGuest } from "../api/client";
import { t } from "../locales";

export function WelcomePage() {
  const [name, setName] = useState("");
  const queries = useQueryClient();
  const begin = useMutation({
    mutationFn: beginGuest,
    onSuccess: (session) => queries.setQueryData(["session"], session),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    begin.mutate(name);
  };
  return (
    <main className="welcome">
      <form onSubmit={submit} className="card">
        <span className="logo" aria-hidden="true">
          Q
        </span>
        <h1>{t.appName}</h1>
        <p className="muted">{t.tagline}</p>
        <label htmlFor="name">{t.yourName}</label>
        <input
          id="name"
          value={name}
          maxLength={64}
          autoComplete="name"
          onChange={(event) => setName(event.target.value)}
          aria-describedby="name-hint"
        />
        <p id="name-hint" className="small muted">
          {t.yourNameHint}
        </p>
        {begin.error && (
          <p role="alert" className="error">
            {begin.error.message}
          </p>
        )}
        <button
          type="submit"
          className="button primary"
          disabled={name.trim() === "" || begin.isPending}
        >
          {t.start}
        </button>
      </form>
    </main>
  );
}
