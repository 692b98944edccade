import { describe, expect, it } from 'vitest';
import { Runtime } from '../runtime';
import { toLastError } from './last-error';

describe('the last error', () => {
  it('is an id and a code, never a message', () => {
    const error = Object.assign(new Error('password hunter2 refused'), { code: '28P01' });
    expect(toLastError({ err: error, error_id: 'err-0a' }, 1)).toEqual({ id: 'err-0a', code: 'Error', at: 1 });
    expect(toLastError({ err: Object.assign(error, { code: 'ECONNRESET' }) }, 1)).toEqual({
      id: null,
      code: 'ECONNRESET',
      at: 1,
    });
    expect(toLastError({ err: Object.assign(error, { code: 'hunter2 is wrong' }) }, 1).code).toBe('Error');
    expect(toLastError('a plain line', 1)).toEqual({ id: null, code: 'Error', at: 1 });
  });

  it('is noted by every logger of a process, and by no lower level', async () => {
    const runtime = new Runtime({ name: 'chat', logLevel: 'info', logStream: { write: () => undefined } });
    runtime.logger('part').warn({ err: new TypeError('odd') }, 'a warning');
    expect((await runtime.status.read()).lastError).toBeNull();
    runtime.logger('part').error({ err: new TypeError('odd'), error_id: 'err-1' }, 'an error');
    expect((await runtime.status.read()).lastError).toMatchObject({ id: 'err-1', code: 'TypeError' });
  });
});
