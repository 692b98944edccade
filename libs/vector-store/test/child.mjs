/** Runs a TypeScript file of this folder as a process of its own: `node child.mjs writer.ts`. */
import { runnerImport } from 'vite';

await runnerImport(`${import.meta.dirname}/${process.argv[2]}`, {
  root: import.meta.dirname,
  configFile: false,
  logLevel: 'error',
  ssr: { noExternal: [/^@perennial\//] },
});
