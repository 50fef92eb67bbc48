import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { usedStyles } from "./used-styles";

// Vite's own server answers with pages; everything below belongs to a running `gridos` (GRIDOS_URL).
const server = process.env.GRIDOS_URL ?? "http://127.0.0.1:8000";
const api = /^\/(auth|settings|workbooks?|marketplace\/(list|toggle)|healthz|readyz|openapi\.json|docs)(\/|\?|$)/;

export default defineConfig({
  plugins: [react(), usedStyles()],
  server: { proxy: { [api.source]: { target: server, ws: true } } },
  build: { target: "es2023", chunkSizeWarningLimit: 6000, license: { fileName: "licenses.md" } },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/app/testing/browser.ts"],
    restoreMocks: true,
  },
});
