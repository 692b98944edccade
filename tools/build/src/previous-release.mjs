import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = cloneAbove(fileURLToPath(new URL('.', import.meta.url)));
/** Releases that were taken out of the history; each can be removed at any time. */
const KEPT = join(ROOT, '.perennial/releases');

/**
 * The version before this one (N-1): the commit that the file PREVIOUS_RELEASE names. Undefined, with a loud line, if this clone does not
 * have that commit.
 *
 * @returns {string | undefined} the full commit id
 * @throws if the file names no commit id, and with `CI` set if the commit is missing
 */
export function previousRelease() {
  const commit = readFileSync(join(ROOT, 'PREVIOUS_RELEASE'), 'utf8').trim();
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new Error('PREVIOUS_RELEASE must hold one full commit id');
  try {
    git('cat-file', '-e', `${commit}^{commit}`);
    return commit;
  } catch {
    const why = `this clone does not have the commit ${commit} that PREVIOUS_RELEASE names: git fetch --unshallow`;
    if (process.env['CI']) throw new Error(why);
    console.warn(`\n  NOT TESTED: what the previous version understands, because ${why}\n`);
    return undefined;
  }
}

/**
 * The text of a file of a commit.
 *
 * @param {string} commit
 * @param {string} path from the clone's root
 */
export function fileOf(commit, path) {
  return git('show', `${commit}:${path}`);
}

/**
 * The clone of a commit: its sources, and the npm packages of this clone. The sources are written once.
 *
 * @param {string} commit
 * @returns {string} its folder
 */
export function releaseSources(commit) {
  const folder = join(KEPT, commit);
  if (existsSync(folder)) return folder;
  mkdirSync(KEPT, { recursive: true });
  const begun = mkdtempSync(join(KEPT, 'begun-'));
  const archive = execFileSync('git', ['archive', '--format=tar', commit], { cwd: ROOT, maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-x', '-C', begun], { input: archive });
  linkPackages(begun);
  try {
    renameSync(begun, folder);
  } catch (error) {
    // Another process was faster.
    rmSync(begun, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/**
 * Whether programs of a commit are built and run with the npm packages of this clone: each one that they reach is here in the version that the
 * commit locks.
 *
 * @param {string} commit
 * @param {readonly string[]} projects folders, for example `apps/chat`
 */
export function samePackages(commit, projects) {
  const [then, now] = [fileOf(commit, 'package-lock.json'), readFileSync(join(ROOT, 'package-lock.json'), 'utf8')].map(
    (text) => /** @type {Lock} */ (JSON.parse(text).packages),
  );
  return then !== undefined && now !== undefined && agree(then, now, [...projects, 'node_modules/vite']);
}

/**
 * Whether each package that some of a lock need is the same in another one.
 *
 * @param {Lock} then
 * @param {Lock} now
 * @param {readonly string[]} from paths
 */
export function agree(then, now, from) {
  return [...reached(then, from)].every((path) => {
    const integrity = then[path]?.integrity;
    return integrity === undefined || now[path]?.integrity === integrity;
  });
}

/**
 * @typedef {Record<string, { link?: boolean, resolved?: string, integrity?: string } & Partial<Record<typeof NEEDED[number], Record<string, string>>>>} Lock
 * `packages` of a package-lock.json, by path
 */
const NEEDED = /** @type {const} */ (['dependencies', 'optionalDependencies', 'peerDependencies']);

/**
 * The paths of all packages that some of a lock need, with their own.
 *
 * @param {Lock} lock
 * @param {readonly string[]} from
 */
function reached(lock, from) {
  const paths = new Set(from);
  // A set that grows is walked to its end.
  for (const path of paths) {
    const { link, resolved } = lock[path] ?? {};
    if (link && resolved) paths.add(resolved);
    for (const name of NEEDED.flatMap((kind) => Object.keys(lock[path]?.[kind] ?? {}))) {
      const found = resolve(lock, path, name);
      if (found !== undefined) paths.add(found);
    }
  }
  return paths;
}

/**
 * Where Node finds a package: in the nearest node_modules above.
 *
 * @param {Lock} lock
 * @param {string} path
 * @param {string} name
 */
function resolve(lock, path, name) {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/'))))
    if (lock[`${at}/node_modules/${name}`]) return `${at}/node_modules/${name}`;
  return lock[`node_modules/${name}`] && `node_modules/${name}`;
}

/** The packages of npm as they are here, and the release's own workspace packages. */
function linkPackages(/** @type {string} */ folder) {
  const [from, to] = [join(ROOT, 'node_modules'), join(folder, 'node_modules')];
  mkdirSync(join(to, '@perennial'), { recursive: true });
  for (const name of readdirSync(from)) if (name !== '@perennial') symlinkSync(join(from, name), join(to, name));
  for (const path of ['apps', 'libs', 'libs/contracts', 'libs/web', 'tools', '.']) {
    for (const name of readdirSync(join(folder, path))) {
      const at = join(folder, path, name);
      if (!existsSync(join(at, 'package.json'))) continue;
      const own = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'));
      symlinkSync(join('../..', path, name), join(to, own.name));
    }
  }
}

/**
 * The folder above that is a clone: this file may be a part of a built program.
 *
 * @param {string} folder
 * @returns {string}
 */
function cloneAbove(folder) {
  return existsSync(join(folder, 'nx.json')) ? folder : cloneAbove(dirname(folder));
}

/** @param {readonly string[]} args */
function git(...args) {
  return execFileSync('git', [...args], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
