import { describe, expect, it } from 'vitest';
import { afterSecondRun, fromVitest, lastLine, none, succeeded, sum } from './count.mjs';

describe('fromVitest', () => {
  const test = (status: string) => ({ status, fullName: `${status} test`, failureMessages: ['expected 1'] });

  it('counts tests by state and names those that did not pass', () => {
    const assertionResults = [test('passed'), test('failed'), test('skipped'), test('todo')];
    const count = fromVitest({ testResults: [{ name: 'a.spec.ts', status: 'failed', assertionResults }] });
    expect(lastLine(count)).toBe('1 passed, 1 failed, 2 skipped');
    expect(count.failures).toEqual([{ name: 'failed test', file: 'a.spec.ts', message: 'expected 1' }]);
    expect(count.skippedNames).toEqual(['skipped test', 'todo test']);
  });

  it('counts a file that could not be loaded as a failure', () => {
    const broken = { name: 'broken.spec.ts', status: 'failed', message: 'no such module', assertionResults: [] };
    expect(fromVitest({ testResults: [broken] }).failures).toEqual([
      { name: 'broken.spec.ts', file: 'broken.spec.ts', message: 'no such module' },
    ]);
  });
});

describe('succeeded', () => {
  it('is not a run without tests, nor one with a failure', () => {
    const passed = { ...none(), passed: 5 };
    expect(succeeded(none())).toBe(false);
    expect(succeeded(passed)).toBe(true);
    expect(succeeded(sum([passed, { ...none(), failures: [{ name: 'x', file: 'a.spec.ts', message: '' }] }]))).toBe(
      false,
    );
  });
});

describe('a second run of the files with failures', () => {
  const file = (name: string, tests: Record<string, string>) => ({
    name,
    status: Object.values(tests).includes('failed') ? 'failed' : 'passed',
    assertionResults: Object.entries(tests).map(([fullName, status]) => ({ status, fullName })),
  });
  const stable = file('stable.spec.ts', { a: 'passed', b: 'passed' });
  const first = { testResults: [stable, file('x.spec.ts', { c: 'passed', d: 'failed', e: 'failed' })] };

  it('parts what is broken from what is not stable', () => {
    const count = afterSecondRun(first, {
      testResults: [file('x.spec.ts', { c: 'passed', d: 'passed', e: 'failed' })],
    });
    expect(lastLine(count)).toBe('4 passed, 1 failed, 0 skipped');
    expect(count.failures.map(({ name }) => name)).toEqual(['e']);
    expect(count.unstable.map(({ name }) => name)).toEqual(['d']);
  });

  it('believes nothing that did not run', () => {
    const count = afterSecondRun(first, { testResults: [] });
    expect(lastLine(count)).toBe('3 passed, 2 failed, 0 skipped');
    expect(count.unstable).toEqual([]);
  });

  it('takes a file that could not begin by what its tests do then', () => {
    const begun = { ...file('x.spec.ts', { c: 'skipped' }), status: 'failed', message: 'hook timed out' };
    const started = { testResults: [stable, begun] };
    const count = afterSecondRun(started, { testResults: [file('x.spec.ts', { c: 'passed' })] });
    expect(lastLine(count)).toBe('3 passed, 0 failed, 0 skipped');
    expect(count.unstable.map(({ message }) => message)).toEqual(['hook timed out']);
  });
});
