// `npm test`, also on a fresh clone: installs and builds what is missing, runs every test tier, and ends with the count.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, checkNode, describeNode, install, ROOT } from '../../launcher/prepare.mjs';
import { afterSecondRun, counted, lastLine, none, slowest, succeeded, sum } from './count.mjs';

const RESULTS = join(ROOT, 'test-results');
const REPORTER = fileURLToPath(import.meta.resolve('./report.mjs'));
const only = process.argv.slice(2).filter((name) => name !== '--long');
// The deployment tests have a long form. CI runs the short one.
if (process.argv.includes('--long')) process.env.DEPLOY_TEST_LONG = '1';

/**
 * The tiers, with their projects of vitest.config.ts and the paths of their files. `e2e` and `deploy` share their workers; what must run alone
 * comes last.
 *
 * @type {readonly { name: string, projects: readonly string[], paths: readonly string[] }[]}
 */
const TIERS = [
  { name: 'unit', projects: ['unit'], paths: [] },
  { name: 'medium', projects: ['medium'], paths: [] },
  { name: 'e2e', projects: ['e2e', 'alone'], paths: ['e2e/'] },
  { name: 'deploy', projects: ['deploy', 'alone'], paths: ['tools/deploy-tests/'] },
];
/** More failures than this are not accidental. */
const MOST_RUN_AGAIN = 5;
/** Number of the slowest tests that are listed. */
const SLOWEST = 20;
/** Lines of a failure that are repeated at the end. */
const SHOWN_LINES = 12;

/** A signal has ended the tests: no further ones start. */
let ended = false;

/** The chosen tiers in the order in which they run; `e2e` and `deploy` are one. */
function chosenTiers() {
  const chosen = TIERS.filter(({ name }) => only.length === 0 || only.includes(name));
  const [e2e, deploy] = ['e2e', 'deploy'].map((name) => chosen.find((tier) => tier.name === name));
  if (!e2e || !deploy) return chosen;
  const both = {
    name: 'e2e and deploy',
    projects: [...new Set([...e2e.projects, ...deploy.projects])],
    paths: [...e2e.paths, ...deploy.paths],
  };
  return [...chosen.filter((tier) => tier !== e2e && tier !== deploy), both];
}

/**
 * Runs a tier. If a few tests failed, their files are run again, one after another: a test that depends on time may fail on a busy machine, a
 * defect fails again.
 *
 * @param {typeof TIERS[number]} tier
 */
async function run({ name, projects, paths }) {
  const first = await vitest(projects, paths);
  const { failures } = counted(first);
  const files = [...new Set(failures.map(({ file }) => file))];
  if (failures.length === 0 || failures.length > MOST_RUN_AGAIN || files.includes('') || ended) return counted(first);
  show('FAILED  ', failures);
  console.log(`\n== ${name}: once more, alone`);
  return afterSecondRun(first, await vitest(projects, [...files, '--no-file-parallelism']));
}

/**
 * Runs tests with their output shown, and reads the report. A run that fails without a failed test (a crash) counts as one failure.
 *
 * @param {readonly string[]} projects of vitest.config.ts
 * @param {readonly string[]} chosen paths and options; empty: all files
 * @returns {Promise<import('./report.mjs').Report>}
 */
async function vitest(projects, chosen) {
  const path = join(RESULTS, `${projects.join('-')}.json`);
  rmSync(path, { force: true });
  const of = projects.flatMap((project) => ['--project', project]);
  const args = ['run', ...of, '--passWithNoTests', '--silent=passed-only', ...chosen];
  const reporters = ['--reporter=default', `--reporter=${REPORTER}`];
  const child = spawn(process.execPath, [join(ROOT, 'node_modules/.bin/vitest'), ...args, ...reporters], {
    cwd: ROOT,
    env: { ...process.env, TEST_REPORT: path },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => {
    ended = true;
    child.kill(signal);
  };
  process.on('SIGINT', pass);
  process.on('SIGTERM', pass);
  const code = await new Promise((resolve) => child.on('close', resolve));
  process.off('SIGINT', pass);
  process.off('SIGTERM', pass);
  /** @type {import('./report.mjs').Report} */
  const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { files: [], errors: [] };
  if (code !== 0 && counted(report).failures.length === 0) report.errors.push(`the run ended with ${code}`);
  return report;
}

/**
 * @param {string} label
 * @param {readonly import('./count.mjs').Failure[]} failures
 */
function show(label, failures) {
  for (const { name, message } of failures) {
    console.log(`${label} ${name}`);
    const lines = message.split('\n').filter((line) => line !== '' && !line.includes('node_modules/'));
    for (const line of lines.slice(0, SHOWN_LINES)) console.log(`         ${line}`);
  }
}

async function main() {
  checkNode();
  console.log(describeNode());
  await install();
  await build();
  mkdirSync(RESULTS, { recursive: true });
  const counts = [];
  for (const tier of chosenTiers()) {
    if (ended) break;
    console.log(`\n== ${tier.name}`);
    const started = performance.now();
    const count = await run(tier);
    console.log(`== ${tier.name}: ${lastLine(count)} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    counts.push(count);
  }
  const total = sum(counts);
  console.log(`\n== slowest\n${slowest(total, { most: SLOWEST, root: ROOT }).join('\n')}\n`);
  for (const name of total.skippedNames) console.log(`SKIPPED  ${name}`);
  show('UNSTABLE', total.unstable);
  show('FAILED  ', total.failures);
  if (total.passed + total.failures.length === 0) console.log('No test was run: that is a failure.');
  writeFileSync(join(RESULTS, 'count.txt'), `${lastLine(total)}\n`);
  console.log(`\n${lastLine(total)}`);
  return succeeded(total);
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log(lastLine({ ...none(), failures: [{ name: 'npm test', file: '', message: '' }] }));
  process.exitCode = 1;
}
