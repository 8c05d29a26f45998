import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const server = "http://127.0.0.1:8000";

/** The editor is needed in every document: fetch it beside the first script, not after it has run. */
function preloadEditor(): Plugin {
  return {
    name: "preload-editor",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (_, { bundle }) =>
        Object.values(bundle ?? {})
          .filter((file) => file.type === "chunk" && file.name === "DocumentPage")
          .map(({ fileName }) => ({
            tag: "link",
            attrs: { rel: "modulepreload", crossorigin: true, href: `/${fileName}` },
            injectTo: "head",
          })),
    },
  };
}

export default defineConfig({
  plugins: [react(), preloadEditor()],
  // The server puts another one into each answer (api/page.py).
  html: { cspNonce: "NONCE-OF-THIS-ANSWER" },
  server: {
    proxy: {
      "/api": server,
      "/health": server,
      "/sync": { target: server, ws: true },
      "/live": { target: server, ws: true },
    },
  },
  build: { sourcemap: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 900 },
  test: { environment: "jsdom" },
});
