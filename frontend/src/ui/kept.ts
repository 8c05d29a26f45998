/** What this browser remembers of how a person likes it. Without storage it is forgotten, and nothing breaks. */
export function readKept<Value>(
  key: string,
  otherwise: Value,
  isValid: (value: unknown) => value is Value,
): Value {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(`quillroom:${key}`) ?? "null");
    return isValid(value) ? value : otherwise;
  } catch {
    return otherwise;
  }
}

export function keep(key: string, value: unknown): void {
  try {
    localStorage.setItem(`quillroom:${key}`, JSON.stringify(value));
  } catch {
    // A private window, or no room left.
  }
}
