import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  base: "/story/",
  plugins: [react()],
  html: { cspNonce: "NONCE-OF-THIS-ANSWER" },
  build: { assetsInlineLimit: 0, emptyOutDir: true },
});
