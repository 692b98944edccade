import type { ClientRequest, IncomingMessage } from 'node:http';
import { bootScript } from '@perennial/build/boot-script';
import { compressedFiles } from '@perennial/build/compressed-files';
import { scriptFile } from '@perennial/build/script-file';
import react from '@vitejs/plugin-react';
import { defaultAllowedOrigins, defineConfig } from 'vite';
import { firstPart } from './first-parts';

/** What programs call and the gateway answers; every other path is the page's. */
const MACHINE_PATHS =
  '^/(?:api|v1|openai|ollama|ws|oauth|health|ready|metrics|docs|manifest\\.json|openapi\\.json)(?:/|\\?|$)';

/**
 * The gateway sees only this server, which is on its machine: a client on another machine must not look local to it. A local one must, or
 * its developer would need the set-up secret for the first account.
 */
function forwardRemote(forwarded: ClientRequest, { socket, headers }: IncomingMessage): void {
  const address = socket.remoteAddress ?? 'unknown';
  if (/^(?:::ffff:)?127\.|^::1$/.test(address)) return;
  const chain = headers['x-forwarded-for'];
  forwarded.setHeader('x-forwarded-for', chain === undefined ? address : `${chain}, ${address}`);
}

const LIBRARIES = /node_modules\/(react|react-dom|scheduler|react-router|@tanstack)\//;

const pathOf = (file: string): string => new URL(file, import.meta.url).pathname;

export default defineConfig({
  plugins: [
    react(),
    bootScript(pathOf('src/boot/boot.ts')),
    // At the root, because a worker is asked only for what is below it.
    scriptFile(pathOf('src/sharing/worker.ts'), 'sw.js'),
    compressedFiles(),
  ],
  resolve: {
    // Mermaid's layout "elk": its licence is not one of ours (docs/decisions/0102), and without it the other layouts are all there.
    alias: [{ find: /^elkjs\/.*/, replacement: pathOf('src/sandbox/no-elk.ts') }],
  },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // For older ones `:dir()` would be built as `:lang()`, which knows nothing of the text. They lack the popovers of the page too.
    cssTarget: ['chrome120', 'firefox125', 'safari17.2'],
    // Small files stay files: the page's policy allows no fonts in style sheets.
    assetsInlineLimit: 0,
    rollupOptions: {
      input: {
        index: pathOf('index.html'),
        'sandbox-diagram': pathOf('sandbox/diagram.html'),
        'sandbox-artifact': pathOf('sandbox/artifact.html'),
      },
      output: {
        codeSplitting: {
          groups: [
            // One file for the libraries of every page: it is compressed better than in parts, and stays cached when only the page changes.
            { name: 'libraries', test: LIBRARIES },
            // What is loaded together is one file too, although later parts import bits of it.
            { name: firstPart('shared'), debugName: 'shared' },
            { name: firstPart('page'), debugName: 'page' },
            { name: firstPart('workspace'), debugName: 'workspace' },
          ],
        },
      },
    },
  },
  server: {
    // The frame of the sandbox has no origin, and asks for its scripts.
    cors: { origin: [defaultAllowedOrigins, /^null$/] },
    // `npm run dev` starts this server in front of its gateway.
    proxy: {
      [MACHINE_PATHS]: {
        target: process.env['GATEWAY_URL'] ?? 'http://127.0.0.1:8080',
        ws: true,
        configure: (proxy) => {
          proxy.on('proxyReq', forwardRemote);
          proxy.on('proxyReqWs', forwardRemote);
        },
      },
    },
  },
});
