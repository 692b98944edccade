// A Vitest reporter that writes the input of the count, including what the `json` reporter omits: errors outside of tests, and those of a
// suite's hooks. TEST_REPORT names the file.
import { writeFileSync } from 'node:fs';

/**
 * @typedef {{ name: string, state: 'passed' | 'failed' | 'skipped' | 'pending', message: string, seconds: number }} TestReport
 * @typedef {{ file: string, errors: string[], tests: TestReport[] }} FileReport `errors`: of loading it, and of hooks
 * @typedef {{ files: FileReport[], errors: string[] }} Report `errors`: of no file
 */

export default class CountReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly import('vitest').SerializedError[]} errors
   */
  onTestRunEnd(modules, errors) {
    /** @type {Report} */
    const report = { files: modules.map(fileReport), errors: errors.map(told) };
    const path = process.env['TEST_REPORT'];
    if (path !== undefined) writeFileSync(path, JSON.stringify(report));
  }
}

/**
 * @param {import('vitest/node').TestModule} module
 * @returns {FileReport}
 */
function fileReport(module) {
  const suites = [...module.children.allSuites()];
  return {
    file: module.moduleId,
    errors: [...module.errors(), ...suites.flatMap((suite) => suite.errors())].map(told),
    tests: [...module.children.allTests()].map((test) => {
      const { state, errors = [] } = test.result();
      const seconds = (test.diagnostic()?.duration ?? 0) / 1000;
      return { name: test.fullName, state, message: errors.map(told).join('\n'), seconds };
    }),
  };
}

/** @param {{ message: string, stack?: string }} error */
function told({ message, stack }) {
  return stack?.includes(message) ? stack : `${message}\n${stack ?? ''}`;
}
