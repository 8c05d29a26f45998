/** A hint, no promise: 0 too short, 1 easy to guess, 2 good, 3 very good. The server refuses what everybody tries first. */
export function strengthOf(password: string): 0 | 1 | 2 | 3 {
  if (password.length < 8) return 0;
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{Lo}/u, /\d/, /[^\p{L}\d]/u].filter((kind) =>
    kind.test(password),
  );
  const worth = new Set(password).size * (0.75 + kinds.length * 0.25) + password.length / 2;
  if (worth < 13) return 1;
  return worth < 26 ? 2 : 3;
}
