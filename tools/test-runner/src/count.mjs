import { relative } from 'node:path';

/**
 * @typedef {import('./report.mjs').Report} Report
 * @typedef {{ name: string, file: string, message: string }} Failure `file` is empty for what belongs to none
 * @typedef {{ name: string, file: string, seconds: number }} Timed
 * @typedef {{ passed: number, failures: Failure[], skippedNames: string[], unstable: Failure[], timed: Timed[] }} Count
 */

/** @returns {Count} */
export function none() {
  return { passed: 0, failures: [], skippedNames: [], unstable: [], timed: [] };
}

/**
 * @param {readonly Count[]} counts
 * @returns {Count}
 */
export function sum(counts) {
  return {
    passed: counts.reduce((total, { passed }) => total + passed, 0),
    failures: counts.flatMap(({ failures }) => failures),
    skippedNames: counts.flatMap(({ skippedNames }) => skippedNames),
    unstable: counts.flatMap(({ unstable }) => unstable),
    timed: counts.flatMap(({ timed }) => timed),
  };
}

/**
 * The last line of a test run. Tests that passed only in the second run are counted separately, before a colon: `unstable=1: 8 passed, …`.
 *
 * @param {Count} count
 */
export function lastLine({ passed, failures, skippedNames, unstable }) {
  const apart = unstable.length === 0 ? '' : `unstable=${unstable.length}: `;
  return `${apart}${passed - unstable.length} passed, ${failures.length} failed, ${skippedNames.length} skipped`;
}

/**
 * The slowest tests, the slowest first, a line each: seconds, file, name.
 *
 * @param {Count} count
 * @param {{ most: number, root: string }} options `root`: base of the files' paths
 */
export function slowest({ timed }, { most, root }) {
  const sorted = timed.toSorted((a, b) => b.seconds - a.seconds).slice(0, most);
  return sorted.map(
    ({ name, file, seconds }) => `${seconds.toFixed(1).padStart(6)} s  ${relative(root, file)}  ${name}`,
  );
}

/**
 * A run without tests is a failure: a wrong path or a crashed runner looks like that.
 *
 * @param {Count} count
 */
export function succeeded({ passed, failures }) {
  return failures.length === 0 && passed > 0;
}

/**
 * Counts tests. A file whose loading or whose hooks failed is one failure, and so is each error outside of any file.
 *
 * @param {Report} report
 * @returns {Count}
 */
export function counted({ files, errors }) {
  const count = none();
  for (const { file, errors, tests } of files) {
    for (const { name, state, message, seconds } of tests) {
      count.timed.push({ name, file, seconds });
      if (state === 'passed') count.passed++;
      else if (state === 'failed') count.failures.push({ name, file, message });
      else count.skippedNames.push(name);
    }
    if (errors.length > 0) count.failures.push({ name: file, file, message: errors.join('\n') });
  }
  for (const message of errors) count.failures.push({ name: 'outside of any test', file: '', message });
  return count;
}

/**
 * The count after the files with failures were run again: the second run counts for them. Tests that failed and then pass are listed as
 * unstable; all others that did not pass stay failures.
 *
 * @param {Report} first
 * @param {Report} again
 * @returns {Count}
 */
export function afterSecondRun(first, again) {
  const others = first.files.filter(({ file }) => again.files.every((other) => other.file !== file));
  const count = counted({ files: [...others, ...again.files], errors: [...first.errors, ...again.errors] });
  for (const failure of counted(first).failures) {
    if (count.failures.some(({ name, file }) => name === failure.name && file === failure.file)) continue;
    if (passes(failure, again)) count.unstable.push(failure);
    else count.failures.push(failure);
  }
  return count;
}

/**
 * @param {Failure} failure
 * @param {Report} again
 */
function passes({ name, file }, again) {
  const report = again.files.find((other) => other.file === file);
  if (report === undefined) return false;
  const tests = name === file ? report.tests : report.tests.filter((test) => test.name === name);
  return tests.length > 0 && tests.every(({ state }) => state === 'passed');
}
