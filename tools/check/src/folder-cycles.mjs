import { dirname, join, normalize } from 'node:path';

/** A planted violation, which proves that the check works. */
export const PLANTED_CYCLE = new Map([
  ['apps/gateway/src/http/planted.ts', `import { x } from '../features/planted/planted';`],
  ['apps/gateway/src/features/planted/planted.ts', `import { y } from '../../http/planted';`],
]);

/**
 * Folders of one project that import each other, directly or indirectly. Imports between a folder and a folder inside it do not count. Tests
 * may import anything.
 *
 * @param {ReadonlyMap<string, string>} sources text by path from the clone's root
 * @returns {Map<string, string[][]>} by project the folders of each cycle, sorted
 */
export function folderCycles(sources) {
  /** @type {Map<string, Map<string, Set<string>>>} */
  const projects = new Map();
  for (const [path, text] of sources) {
    const place = placeOf(path);
    if (place === undefined) continue;
    const folders = projects.get(place.project) ?? new Map();
    projects.set(place.project, folders);
    for (const [, specifier = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)'/g)) {
      const target = placeOf(
        `${normalize(join(dirname(path), specifier))}${isFolder(path, specifier, sources) ? '/index' : ''}.ts`,
      );
      if (target?.project !== place.project || related(place.folder, target.folder)) continue;
      folders.set(place.folder, (folders.get(place.folder) ?? new Set()).add(target.folder));
    }
  }
  return new Map([...projects].map(([project, folders]) => [project, cyclesOf(folders)]));
}

/**
 * @param {ReadonlyMap<string, string>} sources
 * @returns {string[]} faults, a line each
 */
export function cycleFaults(sources) {
  return [...folderCycles(sources)].flatMap(([project, cycles]) =>
    cycles.map((cycle) => `${project}: these folders import each other in a circle: ${cycle.join(', ')}`),
  );
}

/** @type {(path: string) => { project: string, folder: string } | undefined} */
function placeOf(path) {
  const match = /^((?:apps|libs|tools|e2e)(?:\/[^/]+)*?)\/src\/(?:(.+)\/)?[^/]+$/.exec(path);
  if (match === null || /\.(?:spec|e2e|deploy)\.tsx?$/.test(path)) return undefined;
  return { project: match[1] ?? '', folder: match[2] ?? '' };
}

/** @type {(path: string, specifier: string, sources: ReadonlyMap<string, string>) => boolean} */
function isFolder(path, specifier, sources) {
  const base = normalize(join(dirname(path), specifier));
  return sources.has(`${base}/index.ts`) && !sources.has(`${base}.ts`);
}

/** @type {(one: string, other: string) => boolean} */
function related(one, other) {
  return one === other || one === '' || other === '' || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}

/**
 * The strongly connected parts of more than one folder.
 *
 * @param {ReadonlyMap<string, ReadonlySet<string>>} folders
 * @returns {string[][]}
 */
function cyclesOf(folders) {
  const reach = new Map([...folders.keys()].map((folder) => [folder, reachable(folder, folders)]));
  /** @type {Map<string, string[]>} */
  const cycles = new Map();
  for (const [folder, reached] of reach) {
    const cycle = [...reached].filter((other) => reach.get(other)?.has(folder)).sort();
    if (cycle.length > 1) cycles.set(cycle.join(), cycle);
  }
  return [...cycles.values()];
}

/** @type {(from: string, folders: ReadonlyMap<string, ReadonlySet<string>>) => Set<string>} */
function reachable(from, folders) {
  /** @type {Set<string>} */
  const seen = new Set();
  const waiting = [from];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const next of folders.get(folder) ?? []) {
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
  return seen;
}
