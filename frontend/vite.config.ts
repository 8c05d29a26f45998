import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: {
      "/api": server,
      "/health": server,
      "/sync": { target: server, ws: true },
    },
  },
  build: { sourcemap: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 900 },
  test: { environment: "jsdom" },
});
