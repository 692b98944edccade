import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const CACHE = resolve(import.meta.dirname, '../../../node_modules/.cache/perennial');

/** A program that a test runs as a process or thread of its own. */
export interface BuiltProgram {
  script: URL;
  remove(): Promise<void>;
}

/**
 * Builds a TypeScript file like the services. A program that is started more than once costs a tenth of what it does when each start compiles
 * it.
 */
export async function buildProgram(entry: string): Promise<BuiltProgram> {
  // Only here: most tests build nothing, and loading Vite takes longer than the rest of this package.
  const { build } = await import('vite');
  const outDir = join(CACHE, `program-${randomBytes(6).toString('hex')}`);
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: entry,
      outDir,
      target: 'node20',
      rollupOptions: { output: { format: 'es', entryFileNames: 'program.js' } },
    },
    ssr: { noExternal: [/^@perennial\//] },
  });
  return {
    script: pathToFileURL(join(outDir, 'program.js')),
    remove: () => rm(outDir, { recursive: true, force: true }),
  };
}
