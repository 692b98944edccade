import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const APP = fileURLToPath(new URL('..', import.meta.url));
const CACHE = join(APP, '../../node_modules/.cache/perennial');

let entry: Promise<string> | undefined;

/** The entry file of the built extractor, built from the present sources (once, while they do not change). */
export function extractorEntry(): Promise<string> {
  entry ??= buildExtractor();
  return entry;
}

async function buildExtractor(): Promise<string> {
  const dir = join(CACHE, `extractor-${await hashOfSources()}`);
  const built = join(dir, 'extractor.js');
  if (existsSync(built)) return built;
  const temporary = join(CACHE, `extractor-${randomBytes(6).toString('hex')}`);
  await build({
    root: APP,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir: temporary,
      target: 'node20',
      minify: false,
      rollupOptions: {
        input: {
          extractor: join(APP, 'src/extraction/child/main.ts'),
          recogniser: join(APP, 'src/extraction/recognition/main.ts'),
          // For a parent that is a separate process.
          parent: join(APP, 'src/extraction/extractor.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js' },
      },
    },
    ssr: { noExternal: [/^@perennial\//] },
  });
  // Another test file may have been faster.
  await rename(temporary, dir).catch(() => rm(temporary, { recursive: true, force: true }));
  return built;
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256').update(await readFile(fileURLToPath(import.meta.url)));
  for (const folder of ['src/extraction', 'src/splitting']) {
    const names = await readdir(join(APP, folder), { recursive: true });
    for (const name of names.filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts')).sort())
      hash.update(name).update(await readFile(join(APP, folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
}
