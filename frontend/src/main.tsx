import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "@infolektuell/noto-color-emoji/index.css";
import "./styles/index.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { App } from "./App";
import { language } from "./locales";
import { installPolicy } from "./trusted";
import { applyTheme } from "./ui/theme";

installPolicy();
applyTheme();
document.documentElement.lang = language() === "zh" ? "zh-CN" : "en";

if ("serviceWorker" in navigator && import.meta.env.PROD) {
  void navigator.serviceWorker.register("/sw.js");
}

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider
      client={new QueryClient({ defaultOptions: { queries: { retry: 1, networkMode: "always" } } })}
    >
      <BrowserRouter>
        <App />
      </BrowserRouter>
    </QueryClientProvider>
  </StrictMode>,
);
