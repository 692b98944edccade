// Prepares a clone to run: packages installed, everything built. Uses only Node's own modules.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

const OLDEST_NODE = { major: 20, minor: 20 };
/** From this version on V8 itself propagates async context, without hooks in JavaScript. */
const FASTER_NODE = 24;
const BUILT = join(ROOT, 'node_modules', '.cache', 'perennial-built');

/** Throws if this Node is too old, with advice. */
export function checkNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST_NODE.major || (major === OLDEST_NODE.major && minor >= OLDEST_NODE.minor)) return;
  const oldest = `${OLDEST_NODE.major}.${OLDEST_NODE.minor}`;
  throw new Error(`Perennial needs Node ${oldest} or newer; this is ${version}. See https://nodejs.org.`);
}

/** Names the Node version, and recommends a faster one if there is one. */
export function describeNode(version = process.versions.node) {
  const isFaster = Number(version.split('.')[0]) >= FASTER_NODE;
  return isFaster
    ? `Node ${version}`
    : `Node ${version} (supported; Node ${FASTER_NODE} uses a tenth less CPU for each token and a quarter less for each turn)`;
}

/** Whether node_modules is missing or differs from the lockfile. */
export function installIsStale(root = ROOT) {
  const wanted = packagesIn(join(root, 'package-lock.json'));
  const installed = packagesIn(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !installed) return true;
  return Object.entries(wanted).some(([path, entry]) => {
    // Optional ones are for other platforms; links are the workspaces.
    if (!path.startsWith('node_modules/') || entry.optional || entry.devOptional || entry.peer) return false;
    if (entry.link) return !existsSync(join(root, path));
    return installed[path]?.version !== entry.version;
  });
}

/**
 * @param {string} path of a lockfile
 * @returns {Record<string, { version?: string, link?: boolean, optional?: boolean, devOptional?: boolean, peer?: boolean }> | undefined}
 */
function packagesIn(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Whether a source file is newer than the last build, or a result of it is missing. */
export function buildIsStale(root = ROOT) {
  /** @type {{ at: number, results: string[] }} */
  let built;
  try {
    built = JSON.parse(readFileSync(BUILT, 'utf8'));
  } catch {
    return true;
  }
  if (built.results.some((path) => !existsSync(join(root, path)))) return true;
  return newest(root, ['apps', 'libs', 'tools'], ['package-lock.json', 'tsconfig.base.json', 'nx.json']) > built.at;
}

/**
 * Records that a build is complete.
 *
 * @param {number} startedAt when it began, in milliseconds since 1970
 */
function markBuilt(startedAt, root = ROOT) {
  const results = ['apps', 'tools'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .flatMap((name) => [`${folder}/${name}/dist/main.js`, `${folder}/${name}/dist/index.html`])
      .filter((path) => existsSync(join(root, path))),
  );
  mkdirSync(dirname(BUILT), { recursive: true });
  writeFileSync(BUILT, JSON.stringify({ at: startedAt, results }));
}

/**
 * The latest change below some folders, in milliseconds since 1970; tests and results do not count.
 *
 * @param {string} root
 * @param {readonly string[]} folders
 * @param {readonly string[]} files
 */
function newest(root, folders, files) {
  let latest = Math.max(...files.map((file) => statSync(join(root, file)).mtimeMs));
  /** @type {(directory: string, inSource: boolean) => void} */
  const visit = (directory, inSource) => {
    // A removed file changes its directory; a project's own directory changes with each build.
    if (inSource) latest = Math.max(latest, statSync(directory).mtimeMs);
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) visit(path, inSource || entry.name === 'src');
      else if (!/\.(spec\.tsx?|md)$/.test(entry.name)) latest = Math.max(latest, statSync(path).mtimeMs);
    }
  };
  for (const folder of folders) visit(join(root, folder), false);
  return latest;
}

/**
 * Runs a command with its output hidden; shows it when the command fails. Rejects with one line.
 *
 * @param {string} what for the user
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<void>}
 */
function quietly(what, command, args, env = {}) {
  const started = Date.now();
  const seconds = () => ((Date.now() - started) / 1000).toFixed(1);
  return new Promise((resolvePromise, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    const terminal = process.stdout.isTTY;
    const tick = setInterval(
      () => process.stdout.write(terminal ? `\r\x1b[K  … ${what}  ${seconds()} s` : `  … ${what}  ${seconds()} s\n`),
      terminal ? 200 : 15_000,
    );
    child.on('error', (error) => (clearInterval(tick), reject(new Error(`${what}: ${error.message}`))));
    child.on('close', (code, signal) => {
      clearInterval(tick);
      if (terminal) process.stdout.write('\r\x1b[K');
      if (code === 0) {
        process.stdout.write(`  ✓ ${what.padEnd(10)} ${seconds().padStart(5)} s\n`);
        resolvePromise();
      } else {
        process.stderr.write(output);
        reject(new Error(`${what} failed (${signal ?? `exit ${code}`})`));
      }
    });
  });
}

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** Installs if node_modules differs from the lockfile. */
export async function install() {
  if (!installIsStale()) return;
  await quietly('Packages', npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (installIsStale()) throw new Error('npm ci ended well, but node_modules is not what package-lock.json says');
}

/** Builds if a source is newer than the last build; Nx's cache provides unchanged projects. */
export async function build() {
  if (!buildIsStale()) return;
  const startedAt = Date.now();
  const nx = join(ROOT, 'node_modules', '.bin', 'nx');
  const env = { NX_DAEMON: 'false', NX_TUI: 'false', FORCE_COLOR: '0' };
  await quietly('Build', process.execPath, [nx, 'run-many', '-t', 'build', '--outputStyle=stream'], env);
  markBuilt(startedAt);
}
