import { describe, expect, it } from 'vitest';
import { fromPlaywright, fromVitest, lastLine, none, succeeded, sum } from './count.mjs';

describe('fromVitest', () => {
  const test = (status: string): { status: string; fullName: string } => ({ status, fullName: `${status} test` });

  it('counts tests by state and names those that did not pass', () => {
    const assertionResults = [test('passed'), test('failed'), test('skipped'), test('todo')];
    const count = fromVitest({ testResults: [{ name: 'a.spec.ts', status: 'failed', assertionResults }] });
    expect(lastLine(count)).toBe('1 passed, 1 failed, 2 skipped');
    expect(count.failedNames).toEqual(['failed test']);
    expect(count.skippedNames).toEqual(['skipped test', 'todo test']);
  });

  it('counts a file that could not be loaded as a failure', () => {
    const count = fromVitest({ testResults: [{ name: 'broken.spec.ts', status: 'failed', assertionResults: [] }] });
    expect(count).toMatchObject({ failed: 1, failedNames: ['broken.spec.ts'] });
  });
});

describe('fromPlaywright', () => {
  it('counts a flaky test as passed', () => {
    const count = fromPlaywright({ stats: { expected: 3, unexpected: 1, flaky: 1, skipped: 2 } });
    expect(lastLine(count)).toBe('4 passed, 1 failed, 2 skipped');
  });

  it('counts an error outside of tests as a failure', () => {
    const stats = { expected: 0, unexpected: 0, flaky: 0, skipped: 0 };
    expect(fromPlaywright({ stats, errors: [{ message: 'no browser' }] }).failed).toBe(1);
  });
});

describe('succeeded', () => {
  it('is not a run without tests, nor one with a failure', () => {
    expect(succeeded(none())).toBe(false);
    expect(succeeded({ ...none(), passed: 5 })).toBe(true);
    expect(
      succeeded(
        sum([
          { ...none(), passed: 5 },
          { ...none(), failed: 1 },
        ]),
      ),
    ).toBe(false);
  });
});
