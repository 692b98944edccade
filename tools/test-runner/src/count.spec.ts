import { describe, expect, it } from 'vitest';
import { afterSecondRun, counted, lastLine, none, slowest, succeeded, sum } from './count.mjs';
import type { FileReport, TestReport } from './report.mjs';

const file = (name: string, tests: Record<string, TestReport['state']>, errors: string[] = []): FileReport => ({
  file: name,
  errors,
  tests: Object.entries(tests).map(([test, state]) => ({
    name: test,
    state,
    message: state === 'failed' ? `${test} broke` : '',
    seconds: 1,
  })),
});

describe('counted', () => {
  it('counts tests by state and names those that did not pass', () => {
    const tests = { a: 'passed', b: 'failed', c: 'skipped', d: 'pending' } as const;
    const count = counted({ files: [file('x.spec.ts', tests)], errors: [] });
    expect(lastLine(count)).toBe('1 passed, 1 failed, 2 skipped');
    expect(count.failures).toEqual([{ name: 'b', file: 'x.spec.ts', message: 'b broke' }]);
    expect(count.skippedNames).toEqual(['c', 'd']);
  });

  it('counts a file that failed to load, and an error outside of any file, as failures', () => {
    const count = counted({ files: [file('x.spec.ts', { a: 'skipped' }, ['hook timed out'])], errors: ['unhandled'] });
    expect(count.failures).toEqual([
      { name: 'x.spec.ts', file: 'x.spec.ts', message: 'hook timed out' },
      { name: 'outside of any test', file: '', message: 'unhandled' },
    ]);
  });
});

it('names the slowest tests, the slowest first', () => {
  const timed = [3, 12.34, 7].map((seconds) => ({ name: `takes ${seconds}`, file: '/clone/libs/x.spec.ts', seconds }));
  expect(slowest({ ...none(), timed }, { most: 2, root: '/clone' })).toEqual([
    '  12.3 s  libs/x.spec.ts  takes 12.34',
    '   7.0 s  libs/x.spec.ts  takes 7',
  ]);
});

describe('succeeded', () => {
  it('is neither a run without tests, nor one with a failure', () => {
    const passed = { ...none(), passed: 5 };
    const failed = counted({ files: [], errors: ['unhandled'] });
    expect(succeeded(none())).toBe(false);
    expect(succeeded(passed)).toBe(true);
    expect(succeeded(sum([passed, failed]))).toBe(false);
  });
});

describe('a second run of the files with failures', () => {
  const stable = file('stable.spec.ts', { a: 'passed', b: 'passed' });
  const first = { files: [stable, file('x.spec.ts', { c: 'passed', d: 'failed', e: 'failed' })], errors: [] };
  const again = (tests: Record<string, TestReport['state']>, errors: string[] = []) =>
    afterSecondRun(first, { files: [file('x.spec.ts', tests)], errors });

  it('separates broken tests from unstable ones', () => {
    const count = again({ c: 'passed', d: 'passed', e: 'failed' });
    expect(lastLine(count)).toBe('unstable=1: 3 passed, 1 failed, 0 skipped');
    expect(count.failures.map(({ name }) => name)).toEqual(['e']);
    expect(count.unstable.map(({ name }) => name)).toEqual(['d']);
  });

  it('accepts only tests that passed', () => {
    expect(lastLine(afterSecondRun(first, { files: [], errors: [] }))).toBe('3 passed, 2 failed, 0 skipped');
    expect(lastLine(again({ c: 'passed', d: 'skipped' }))).toBe('3 passed, 2 failed, 1 skipped');
    expect(lastLine(again({ c: 'passed', d: 'passed', e: 'passed' }, ['unhandled']))).toBe(
      'unstable=2: 3 passed, 1 failed, 0 skipped',
    );
  });

  it('judges a file that failed to load by all of its tests', () => {
    const begun = { files: [stable, file('x.spec.ts', { c: 'skipped' }, ['hook timed out'])], errors: [] };
    const passed = afterSecondRun(begun, { files: [file('x.spec.ts', { c: 'passed' })], errors: [] });
    expect(lastLine(passed)).toBe('unstable=1: 2 passed, 0 failed, 0 skipped');
    expect(passed.unstable.map(({ message }) => message)).toEqual(['hook timed out']);
    const failed = afterSecondRun(begun, { files: [file('x.spec.ts', { c: 'failed' })], errors: [] });
    expect(failed.unstable).toEqual([]);
    expect(succeeded(failed)).toBe(false);
  });
});
