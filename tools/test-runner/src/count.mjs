/** @typedef {{ passed: number, failed: number, skipped: number, skippedNames: string[], failedNames: string[] }} Count */

/** @returns {Count} */
export function none() {
  return { passed: 0, failed: 0, skipped: 0, skippedNames: [], failedNames: [] };
}

/**
 * @param {readonly Count[]} counts
 * @returns {Count}
 */
export function sum(counts) {
  return counts.reduce(
    (total, count) => ({
      passed: total.passed + count.passed,
      failed: total.failed + count.failed,
      skipped: total.skipped + count.skipped,
      skippedNames: [...total.skippedNames, ...count.skippedNames],
      failedNames: [...total.failedNames, ...count.failedNames],
    }),
    none(),
  );
}

/** @param {Count} count the line that a test run ends with */
export function lastLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/**
 * Nothing run is not success: a wrong path or a crashed runner looks like that.
 *
 * @param {Count} count
 */
export function succeeded({ passed, failed }) {
  return failed === 0 && passed > 0;
}

/**
 * Reads the report of Vitest's `json` reporter. A file that could not be loaded has no tests: it counts as one failure.
 *
 * @param {{ testResults?: { name: string, status: string, assertionResults?: { status: string, fullName: string }[] }[] }} report
 * @returns {Count}
 */
export function fromVitest(report) {
  const count = none();
  for (const { name, status, assertionResults = [] } of report.testResults ?? []) {
    for (const test of assertionResults) {
      if (test.status === 'passed') count.passed++;
      else if (test.status === 'failed') {
        count.failed++;
        count.failedNames.push(test.fullName);
      } else {
        count.skipped++;
        count.skippedNames.push(test.fullName);
      }
    }
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) {
      count.failed++;
      count.failedNames.push(name);
    }
  }
  return count;
}
