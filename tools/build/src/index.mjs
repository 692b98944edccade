import { defineConfig } from 'vite';

/**
 * How every Node process of this repository is built: one ES module at `dist/main.js`, workspace libraries inlined,
 * npm packages left outside. Vite's SSR build keeps decorator metadata (Nest's injection needs it).
 *
 * @param {{ entries?: Record<string, string> }} [options] named entry files, `{ main: 'src/main.ts' }` by default
 */
export function serviceBuild({ entries = { main: 'src/main.ts' } } = {}) {
  return defineConfig({
    build: {
      ssr: true,
      outDir: 'dist',
      emptyOutDir: true,
      target: 'node20',
      sourcemap: true,
      minify: false,
      rollupOptions: { input: entries, output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' } },
    },
    ssr: { noExternal: [/^@perennial\//] },
  });
}
