import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A `package.json` of the repository and the source files beside it.
 *
 * @typedef {object} Workspace
 * @property {string} path relative to the clone
 * @property {Manifest} manifest
 * @property {readonly string[]} files its TypeScript and JavaScript, relative to the clone
 */

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} [version]
 * @property {readonly string[]} [workspaces]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {Record<string, unknown>} [overrides]
 * @property {{ tags: readonly string[] }} [nx]
 */

/**
 * @param {string} path
 * @returns {Manifest}
 */
export const readManifest = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * @param {string} root the clone
 * @returns {Workspace[]} all but the root's own
 */
export function readWorkspaces(root) {
  const patterns = readManifest(join(root, 'package.json')).workspaces ?? [];
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  const existing = listed.split('\n').filter((file) => file !== '' && existsSync(join(root, file)));
  const folders = existing
    .filter((file) => file.endsWith('/package.json'))
    .map((file) => dirname(file))
    .filter((folder) => patterns.some((pattern) => matches(pattern, folder)));
  return folders.map((path) => ({
    path,
    manifest: readManifest(join(root, path, 'package.json')),
    files: existing.filter((file) => file.startsWith(`${path}/`) && /\.[cm]?tsx?$|\.mjs$/.test(file)),
  }));
}

/**
 * @param {string} pattern `apps/*` or `e2e`
 * @param {string} folder
 */
function matches(pattern, folder) {
  return pattern.endsWith('/*') ? dirname(folder) === pattern.slice(0, -2) : folder === pattern;
}
