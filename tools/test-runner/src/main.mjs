// `npm test`, also on a fresh clone: installs and builds what is missing, runs every test tier, and ends with the count.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, checkNode, install, ROOT } from '../../launcher/prepare.mjs';
import { fromVitest, lastLine, none, succeeded, sum } from './count.mjs';

const RESULTS = join(ROOT, 'test-results');
const only = process.argv.slice(2);

/**
 * Runs a tier with its output shown, and reads the report that it wrote. A run that fails without a failed test (a crash,
 * an error outside of tests) counts as one failure.
 *
 * @param {string} name a project of vitest.config.ts
 */
async function tier(name) {
  const report = join(RESULTS, `${name}.json`);
  rmSync(report, { force: true });
  console.log(`\n== ${name}`);
  const args = ['run', '--project', name, '--passWithNoTests', '--silent=passed-only'];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const child = spawn(process.execPath, [join(ROOT, 'node_modules/.bin/vitest'), ...args, ...reporters], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => child.kill(signal);
  process.on('SIGINT', pass);
  process.on('SIGTERM', pass);
  const code = await new Promise((resolve) => child.on('close', resolve));
  process.off('SIGINT', pass);
  process.off('SIGTERM', pass);
  const count = existsSync(report) ? fromVitest(JSON.parse(readFileSync(report, 'utf8'))) : none();
  if (code !== 0 && count.failed === 0) {
    count.failed++;
    count.failedNames.push(`${name} ended with ${code} outside of any test`);
  }
  return count;
}

async function main() {
  checkNode();
  await install();
  await build();
  mkdirSync(RESULTS, { recursive: true });
  const counts = [];
  for (const name of ['unit', 'medium', 'e2e']) {
    if (only.length > 0 && !only.includes(name)) continue;
    const started = performance.now();
    const count = await tier(name);
    console.log(`== ${name}: ${lastLine(count)} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    counts.push(count);
  }
  const total = sum(counts);
  for (const name of total.skippedNames) console.log(`SKIPPED  ${name}`);
  for (const name of total.failedNames) console.log(`FAILED   ${name}`);
  if (total.passed + total.failed === 0) console.log('No test was run: that is a failure.');
  writeFileSync(join(RESULTS, 'count.txt'), `${lastLine(total)}\n`);
  console.log(`\n${lastLine(total)}`);
  return succeeded(total);
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log(lastLine({ ...none(), failed: 1 }));
  process.exitCode = 1;
}
