/**
 * What may become markup or a script, under `require-trusted-types-for 'script'`: markup only where it stays inert (a parser's
 * own document, as the editor reads pasted text), scripts only from this server.
 *
 * Also hands the page's nonce to the library that locks scrolling behind a dialog: it does so by a style element.
 */
const INERT = "DOMParser parseFromString";

interface Policy {
  createHTML: (markup: string, type?: string, sink?: string) => string | null;
  createScriptURL: (address: string) => string | null;
}

/** Null refuses, and the browser throws where it happens. */
export const policy: Policy = {
  // ProseMirror asks the policy itself, without a sink, for a document that is never shown.
  createHTML: (markup, _type, sink) => (sink === undefined || sink === INERT ? markup : null),
  createScriptURL: (address) => {
    const url = new URL(address, location.href);
    return url.origin === location.origin && url.protocol.startsWith("http") ? address : null;
  },
};

export function installPolicy(): void {
  const { trustedTypes } = window as {
    trustedTypes?: { createPolicy: (name: string, policy: Policy) => unknown };
  };
  trustedTypes?.createPolicy("default", policy);
  const meta = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]');
  if (meta?.nonce) (window as { __webpack_nonce__?: string }).__webpack_nonce__ = meta.nonce;
}
