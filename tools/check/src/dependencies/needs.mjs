import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { importsOf } from '@perennial/build/imports';

/** Shipped as part of a service or of the page; everything else runs on developers' machines only. */
const SHIPPED = new Set(['type:app', 'type:cli', 'type:contract', 'type:infra', 'type:data-access', 'type:ui']);

/** Beside what is shipped: tests, what only tests import, and the settings of tools. */
const BESIDE = /\.(spec|e2e|deploy)\.tsx?$|\.config\.[cm]?[jt]s$|\/(test|fixtures|documents)\/|\/testing\.ts$/;

/**
 * What a workspace's sources ask of its `package.json`.
 *
 * @typedef {object} Needs
 * @property {boolean} shipped
 * @property {Set<string>} run what it loads when it runs, our own packages included
 * @property {Set<string>} develop what else its files name: types, and the imports of tests
 */

/**
 * @param {string} root the clone
 * @param {import('./workspaces.mjs').Workspace} workspace
 * @returns {Promise<Needs>}
 */
export async function needsOf(root, { path, manifest, files }) {
  const shipped = manifest.nx?.tags.some((tag) => SHIPPED.has(tag)) ?? false;
  /** @type {Set<string>} */
  const run = new Set();
  /** @type {Set<string>} */
  const develop = new Set();
  for (const file of files) {
    const imports = await importsOf(join(root, file), await readFile(join(root, file), 'utf8'));
    const beside = BESIDE.test(file.slice(path.length));
    for (const name of imports.named) {
      if (name === manifest.name) continue;
      // The sources of our own packages are compiled with ours, types included.
      const ours = name.startsWith('@perennial/');
      if (!beside && (ours || imports.run.has(name))) run.add(name);
      else develop.add(name);
    }
  }
  for (const name of run) develop.delete(name);
  return { shipped, run, develop };
}
