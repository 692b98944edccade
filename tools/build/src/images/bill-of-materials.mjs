import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../generated.mjs';
import { prune } from '../pack/prune.mjs';

/** @typedef {import('../pack/prune.mjs').Entry & { integrity?: string }} Entry */

const MODULES = 'node_modules/';

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * A packed service, or the command.
 *
 * @typedef {object} Part
 * @property {string} name
 * @property {string} app the folder with its build and its lockfile
 * @property {readonly string[]} installations the folders that hold its `node_modules`
 */

/**
 * What an image is made of, as CycloneDX: the packages that are installed in it, those that are bundled into our builds, and those of the page.
 *
 * @param {string} service
 * @param {readonly Part[]} parts
 * @param {readonly string[]} [beside] packages of the repository that are in no part: `node_modules/name`
 * @returns {string} JSON
 */
export function billOfMaterials(service, parts, beside = []) {
  const locked = readJson(join(root, 'package-lock.json')).packages;
  /** @type {Map<string, Entry>} */
  const shipped = new Map();
  for (const place of beside) add(shipped, place, locked[place]);
  for (const { name, app, installations } of parts) {
    /** @type {Record<string, Entry>} */
    const own = readJson(join(app, 'package-lock.json')).packages;
    const installed = Object.keys(own).filter((place) => installations.some((at) => existsSync(join(at, place))));
    for (const place of installed) add(shipped, place, own[place]);
    for (const place of bundled(join(app, name, 'dist'))) add(shipped, place, locked[place]);
    if (!existsSync(join(app, 'web'))) continue;
    const names = Object.keys(readJson(join(root, 'apps/web/package.json')).dependencies);
    for (const [place, entry] of Object.entries(prune(locked, names, 'apps/web').entries)) add(shipped, place, entry);
  }
  return describe(readJson(join(root, 'apps', service, 'package.json')), shipped);
}

/**
 * @param {Map<string, Entry>} shipped
 * @param {string} place
 * @param {Entry | undefined} entry
 */
function add(shipped, place, entry) {
  if (entry?.version === undefined || entry.link || !place.startsWith(MODULES)) return;
  const { version, resolved, integrity, license } = entry;
  shipped.set(place, { version, resolved, integrity, license });
}

/**
 * @param {string} dist a build, whose source maps name the files that it is made of
 * @returns {Set<string>} places of the packages among them
 */
function bundled(dist) {
  const places = new Set();
  for (const file of readdirSync(dist).filter((name) => name.endsWith('.map'))) {
    for (const source of readJson(join(dist, file)).sources) {
      const [, place] = /(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)/.exec(source) ?? [];
      if (place !== undefined) places.add(place);
    }
  }
  return places;
}

/**
 * npm writes the bill from a lockfile; this one has exactly what is shipped, without what the packages would need besides.
 *
 * @param {{ name: string, version: string }} manifest
 * @param {Map<string, Entry>} shipped
 */
function describe({ name, version }, shipped) {
  const license = 'Apache-2.0';
  /** @type {Record<string, Entry>} */
  const packages = { '': { version, license, dependencies: {} } };
  for (const [place, entry] of shipped) packages[place] = { ...entry, dependencies: {} };
  for (const [place, entry] of shipped) {
    const at = place.lastIndexOf(MODULES);
    // A package whose parent is not shipped belongs to the whole.
    const parent = packages[place.slice(0, Math.max(0, at - 1))] ?? packages[''];
    if (parent?.dependencies) parent.dependencies[place.slice(at + MODULES.length)] = entry.version ?? '';
  }
  const folder = mkdtempSync(join(tmpdir(), 'perennial-sbom-'));
  try {
    const { dependencies } = packages[''] ?? {};
    const lock = { name, version, lockfileVersion: 3, requires: true, packages };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, license, dependencies }));
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
    const options = ['--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application', '--offline'];
    return execFileSync('npm', ['sbom', ...options], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
