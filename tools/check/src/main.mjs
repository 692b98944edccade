// `npm run check`: format, lint, types, boundaries, sizes. Runs all of them and fails if one does.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkCompatibility } from './compatibility/compatibility.mjs';
import { checkContracts } from './contract-bounds.mjs';
import { cycleFaults, PLANTED_CYCLE } from './folder-cycles.mjs';
import { repeatedIn, untold } from './liveness.mjs';
import { checkMigrations } from './migrations/migrations.mjs';
import { checkPlanted } from './planted.mjs';
import { checkRetired } from './retired.mjs';
import { ROOT } from './root.mjs';
import { measure } from './sizes.mjs';
import { PLANTED_SMALL, smallFileFaults } from './small-files.mjs';
import { writePrograms } from './types.mjs';

const NX_ENVIRONMENT = { NX_DAEMON: 'false', NX_TUI: 'false' };

/**
 * The steps of a lane run one after another, the lanes in parallel: most steps use one core.
 *
 * @type {readonly (readonly { name: string, run: () => boolean | Promise<boolean> }[])[]}
 */
const LANES = [
  [
    // First, because it creates the project graph, without which lint finds nothing.
    { name: 'boundaries', run: boundaries },
    { name: 'lint', run: () => command('eslint', ['.']) },
    { name: 'types', run: types },
  ],
  [
    { name: 'format', run: () => command('prettier', ['--check', '--log-level=warn', '.']) },
    { name: 'sizes', run: sizes },
    { name: 'small files', run: smallFiles },
    { name: 'liveness', run: liveness },
    { name: 'folders', run: folders },
    { name: 'contracts', run: contracts },
    { name: 'compatibility', run: compatibility },
    { name: 'migrations', run: migrations },
    { name: 'names', run: names },
    { name: 'dependencies', run: () => node(['tools/check/src/dependencies/main.mjs', '--check']) },
    { name: 'licences', run: () => node(['tools/build/src/licences.mjs', '--check']) },
    { name: 'environment', run: () => node(['tools/build/src/environment-docs.mjs', '--check']) },
    { name: 'calls', run: () => node(['tools/build/src/calls-docs.mjs', '--check']) },
    { name: 'metrics', run: () => node(['tools/build/src/metrics-docs.mjs', '--check']) },
    { name: 'dashboards', run: () => node(['tools/build/src/dashboards/main.mjs', '--check']) },
  ],
];

/**
 * Runs a package's program; its output is shown when it fails.
 *
 * @param {string} program the name under node_modules/.bin
 * @param {readonly string[]} args
 */
function command(program, args) {
  return node([join(ROOT, 'node_modules', '.bin', program), ...args]);
}

/**
 * Runs Node; a signal to end is passed on, so that no process is orphaned.
 *
 * @param {readonly string[]} args
 */
async function node(args) {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...NX_ENVIRONMENT },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  /** @param {NodeJS.Signals} signal */
  const end = (signal) => {
    child.kill(signal);
    process.exitCode = 130;
  };
  process.once('SIGTERM', end).once('SIGINT', end);
  const code = await new Promise((resolve) => child.once('close', resolve));
  process.off('SIGTERM', end).off('SIGINT', end);
  if (process.exitCode === 130) process.exit();
  if (code === 0) return true;
  console.log(output);
  return false;
}

/** @type {{ path: string, text: string }[] | undefined} */
let read;

/** Every source file that is tracked or could be, with its text; read once for all steps. */
function sources() {
  if (read) return read;
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.tsx', '*.mjs'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const files = listed.split('\n').filter((path) => path !== '' && existsSync(join(ROOT, path)));
  return (read = files.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') })));
}

function sizes() {
  const measured = sources().map(({ path, text }) => measure(path, text));
  for (const warning of measured.flatMap(({ warnings }) => warnings)) console.log(`  long: ${warning}`);
  const errors = measured.flatMap((result) => result.errors);
  for (const error of errors) console.log(`  too large: ${error}`);
  return errors.length === 0;
}

/** Short files with one user; the planted one must be found. */
function smallFiles() {
  const faults = smallFileFaults(new Map(sources().map(({ path, text }) => [path, text])));
  if (smallFileFaults(PLANTED_SMALL).length === 0) faults.push('planted, and not found');
  for (const fault of faults) console.log(`  ${fault}`);
  return faults.length === 0;
}

/** docs/liveness.md lists exactly the timers and polls. */
function liveness() {
  const repeated = sources().flatMap(({ path, text }) => repeatedIn(path, text));
  const faults = untold(repeated, readFileSync(join(ROOT, 'docs/liveness.md'), 'utf8'));
  for (const fault of faults) console.log(`  docs/liveness.md: ${fault}`);
  return faults.length === 0;
}

/** The largest program in parallel with the others: two processes. */
async function types() {
  /** @param {readonly string[]} paths */
  const check = async (paths) => {
    let good = true;
    for (const path of paths) good = (await command('tsc', ['-p', path, '--pretty', 'false'])) && good;
    return good;
  };
  const paths = writePrograms();
  const results = await Promise.all([check(paths.slice(0, 1)), check(paths.slice(1))]);
  return results.every((good) => good);
}

/** Folders of one project that import each other; the planted ones must be found. */
function folders() {
  const faults = cycleFaults(new Map(sources().map(({ path, text }) => [path, text])));
  if (cycleFaults(PLANTED_CYCLE).length === 0) faults.push('planted, and not found');
  for (const fault of faults) console.log(`  ${fault}`);
  return faults.length === 0;
}

async function boundaries() {
  const wrong = await checkPlanted();
  for (const line of wrong) console.log(`  ${line}`);
  return wrong.length === 0;
}

/** No retired name comes back. */
function names() {
  const found = checkRetired();
  for (const line of found) console.log(`  ${line}`);
  return found.length === 0;
}

/** Every request has maxima, and no reply of a call has any. */
async function contracts() {
  const { faults } = await checkContracts();
  for (const fault of faults) console.log(`  ${fault}`);
  return faults.length === 0;
}

/** Migrations only add, unless they are marked as contract migrations. */
async function migrations() {
  const faults = await checkMigrations();
  for (const fault of faults) console.log(`  ${fault}`);
  return faults.length === 0;
}

/** This version and the previous one understand each other. */
async function compatibility() {
  const faults = await checkCompatibility();
  for (const fault of faults) console.log(`  ${fault}`);
  return faults.length === 0;
}

/** @type {string[]} */
const failed = [];
await Promise.all(
  LANES.map(async (lane) => {
    for (const { name, run } of lane) {
      const started = performance.now();
      const good = await run();
      if (!good) failed.push(name);
      console.log(`${good ? '✓' : '✗'} ${name}  ${((performance.now() - started) / 1000).toFixed(1)} s`);
    }
  }),
);
if (failed.length > 0) {
  console.log(`\nfailed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
