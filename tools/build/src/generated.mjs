import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { runnerImport } from 'vite';

/** The clone's root, with a slash at its end. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * The exports of a TypeScript source.
 *
 * @param {string} path from the clone's root
 * @param {string} [from] another clone
 */
export async function load(path, from = root) {
  const { module } = await runnerImport(join(from, path), {
    root: from,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: [/^@perennial\//] },
  });
  return /** @type {Record<string, any>} */ (module);
}

/**
 * Writes a generated page. With `--check` on the command line it writes nothing and fails when the page is outdated.
 *
 * @param {string} path from the clone's root
 * @param {string} content not yet formatted
 * @param {'markdown' | 'json' | undefined} parser undefined: the content is written as it is
 * @param {string} script of package.json that writes it
 */
export async function publish(path, content, parser, script) {
  const target = `${root}${path}`;
  const formatted =
    parser === undefined ? content : await format(content, { ...(await resolveConfig(target)), parser });
  if (!process.argv.includes('--check')) {
    writeFileSync(target, formatted);
  } else if (!existsSync(target) || readFileSync(target, 'utf8') !== formatted) {
    process.stderr.write(`${path} is not current: run \`npm run ${script}\` and commit the result.\n`);
    process.exitCode = 1;
  }
}
