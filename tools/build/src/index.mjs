import { readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/**
 * Packages of hundreds of files, which would take half of a process's start to load one by one. Everything that imports Nest is here, so that
 * there is one Nest. Packages with instrumentation (`ioredis`, `pg`, `undici`) stay external, because they are patched as they are loaded.
 */
const INLINED = [/^@perennial\//, /^@nestjs\//, 'bullmq', 'rxjs', 'typeorm'];

/**
 * Azure's packages have each file four times, of which a service needs a few. What they import is here too where the root of `node_modules` has
 * another version of it: left outside, a build would load that one.
 */
const AZURE = [/^@azure\//, '@typespec/ts-http-runtime', 'http-proxy-agent', 'https-proxy-agent', 'agent-base'];

/**
 * How every Node process of this repository is built: one ES module at `dist/main.js`, workspace libraries and `INLINED` in it, other
 * npm packages left outside. Vite's SSR build keeps decorator metadata (Nest's injection needs it).
 * Services (packages in apps/) also get `dist/telemetry.js`, for `node --import ./dist/telemetry.js ./dist/main.js`.
 *
 * @param {object} [options]
 * @param {Record<string, string>} [options.entries] named entry files, `{ main: 'src/main.ts' }` by default
 * @param {Record<string, string>} [options.folders] folders that are copied beside the build, by their names there
 */
export function serviceBuild({ entries = { main: 'src/main.ts' }, folders = {} } = {}) {
  // A hook, because it knows the project's root: `npm run dev` builds several projects in one process.
  return defineConfig({
    plugins: [
      {
        name: 'perennial-service',
        config: ({ root = '.' }) => settings(resolve(root), entries),
        writeBundle: async ({ dir = 'dist' }) => {
          for (const [name, from] of Object.entries(folders)) await cp(from, join(dir, name), { recursive: true });
        },
      },
    ],
  });
}

/**
 * @param {string} root of the project
 * @param {Record<string, string>} entries
 * @returns {import('vite').UserConfig}
 */
function settings(root, entries) {
  const { name, nx } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const input = nx.tags.includes('type:app')
    ? { ...entries, telemetry: fileURLToPath(import.meta.resolve('@perennial/runtime/telemetry')) }
    : entries;
  return {
    define: { __PERENNIAL_SERVICE__: JSON.stringify(name.replace('@perennial/', '')) },
    build: {
      ssr: true,
      target: 'node20',
      sourcemap: true,
      minify: false,
      rollupOptions: {
        input,
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
    ssr: { noExternal: [...INLINED, ...AZURE] },
  };
}
