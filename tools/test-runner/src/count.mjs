/** @typedef {{ name: string, file: string, message: string }} Failure `message` says what went wrong, as the runner told it */
/** @typedef {{ passed: number, failures: Failure[], skippedNames: string[], unstable: Failure[] }} Count */

/** @returns {Count} */
export function none() {
  return { passed: 0, failures: [], skippedNames: [], unstable: [] };
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
  };
}

/** @param {Count} count the line that a test run ends with */
export function lastLine({ passed, failures, skippedNames }) {
  return `${passed} passed, ${failures.length} failed, ${skippedNames.length} skipped`;
}

/**
 * Nothing run is not success: a wrong path or a crashed runner looks like that.
 *
 * @param {Count} count
 */
export function succeeded({ passed, failures }) {
  return failures.length === 0 && passed > 0;
}

/**
 * What Vitest's `json` reporter writes.
 *
 * @typedef {{ status: string, fullName: string, failureMessages?: string[] }} TestResult
 * @typedef {{ name: string, status: string, message?: string, assertionResults?: TestResult[] }} FileResult
 * @typedef {{ testResults?: FileResult[] }} Report
 */

/**
 * Reads a report. A file that could not be loaded has no tests: it counts as one failure.
 *
 * @param {Report} report
 * @returns {Count}
 */
export function fromVitest(report) {
  const count = none();
  for (const { name: file, status, message = '', assertionResults = [] } of report.testResults ?? []) {
    for (const { status, fullName: name, failureMessages = [] } of assertionResults) {
      if (status === 'passed') count.passed++;
      else if (status === 'failed') count.failures.push({ name, file, message: failureMessages.join('\n') });
      else count.skippedNames.push(name);
    }
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) {
      count.failures.push({ name: file, file, message });
    }
  }
  return count;
}

/**
 * The count after the files with failures were run once more, alone: that run is the one that counts for them. What had failed
 * and then passes is named as unstable.
 *
 * @param {Report} first
 * @param {Report} again
 * @returns {Count}
 */
export function afterSecondRun(first, again) {
  const files = again.testResults ?? [];
  const others = (first.testResults ?? []).filter(({ name }) => files.every((file) => file.name !== name));
  const count = fromVitest({ testResults: [...others, ...files] });
  const isFailure = (/** @type {Failure} */ { name, file }) =>
    count.failures.some((failure) => failure.name === name && failure.file === file);
  return { ...count, unstable: fromVitest(first).failures.filter((failure) => !isFailure(failure)) };
}
