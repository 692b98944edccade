import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/**
 * Packages of hundreds of files, which would take half of a process's start to load one by one. Everything that imports Nest is here, so that
 * there is one Nest. Packages with instrumentation (`ioredis`, `pg`, `undici`) stay external, because they are patched as they are loaded.
 */
const INLINED = [/^@perennial\//, /^@nestjs\//, 'bullmq', 'rxjs', 'typeorm'];

/**
 * How every Node process of this repository is built: one ES module at `dist/main.js`, workspace libraries and `INLINED` in it, other
 * npm packages left outside. Vite's SSR build keeps decorator metadata (Nest's injection needs it).
 * Services (packages in apps/) also get `dist/telemetry.js`, for `node --import ./dist/telemetry.js ./dist/main.js`.
 *
 * @param {{ entries?: Record<string, string> }} [options] named entry files, `{ main: 'src/main.ts' }` by default
 */
export function serviceBuild({ entries = { main: 'src/main.ts' } } = {}) {
  const { name, nx } = JSON.parse(readFileSync(resolve('package.json'), 'utf8'));
  const input = nx.tags.includes('type:app')
    ? { ...entries, telemetry: fileURLToPath(import.meta.resolve('@perennial/runtime/telemetry')) }
    : entries;
  return defineConfig({
    define: { __PERENNIAL_SERVICE__: JSON.stringify(name.replace('@perennial/', '')) },
    build: {
      ssr: true,
      outDir: 'dist',
      emptyOutDir: true,
      target: 'node20',
      sourcemap: true,
      minify: false,
      rollupOptions: {
        input,
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
    ssr: { noExternal: INLINED },
  });
}
