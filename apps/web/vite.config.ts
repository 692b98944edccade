import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** What programs call and the gateway answers; every other path is the page's. */
const MACHINE_PATHS =
  '^/(?:api|v1|openai|ollama|ws|oauth|health|ready|metrics|docs|manifest\\.json|openapi\\.json)(?:/|\\?|$)';

export default defineConfig({
  plugins: [react()],
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2022' },
  server: {
    // `npm run dev` starts this server in front of its gateway.
    proxy: { [MACHINE_PATHS]: { target: process.env['GATEWAY_URL'] ?? 'http://127.0.0.1:8080', ws: true } },
  },
});
