import { describe, expect, it } from 'vitest';
import { fromVitest, lastLine, none, succeeded, sum } from './count.mjs';

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
