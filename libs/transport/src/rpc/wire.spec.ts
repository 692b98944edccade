import { CallError } from '@perennial/contracts-kernel';
import type { Logger } from '@perennial/runtime';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { fromFailure, issuesText, toFailure } from './failure';
import { missingHandlers } from './handler-check';
import { expiryOf, type PendingCall } from './pending-call';
import { joinByProcess } from './reply-batcher';
import { toRecords, toRedelivered } from './request-reader';
import { callId, encodeFailure, encodeReply, recordedAtMs, splitCallId } from './wire';

describe('the wire', () => {
  it('splits a call id into process and number for any process name', () => {
    expect(splitCallId(callId('chat-1.eu-0a1b', 1_295))).toEqual({ processId: 'chat-1.eu-0a1b', call: 'zz' });
  });

  it('reads the time of a record from its stream id', () => {
    expect(recordedAtMs('1794000000123-4')).toBe(1_794_000_000_123);
  });

  it('encodes replies, none, and failures as JSON', () => {
    expect(JSON.parse(encodeReply('a', { x: 'é"' }))).toEqual(['a', 1, { x: 'é"' }]);
    expect(JSON.parse(encodeReply('a', undefined))).toEqual(['a', 1]);
    expect(JSON.parse(encodeFailure('a', { code: 'NOT_FOUND', message: 'no', details: {} }))).toEqual([
      'a',
      0,
      { code: 'NOT_FOUND', message: 'no', details: {} },
    ]);
  });

  it('joins replies by process and splits long messages', () => {
    const long = `["l",1,"${'x'.repeat(200 * 1024)}"]`;
    const messages = joinByProcess([
      { callId: 'p.1', frame: '["1",1]', isSigned: true },
      { callId: 'q.1', frame: '["1",1]', isSigned: true },
      { callId: 'p.2', frame: long, isSigned: true },
      { callId: 'p.3', frame: long, isSigned: true },
      { callId: 'gone', frame: '', isSigned: true },
    ]);
    expect(messages.map(({ processId, message }) => [processId, (JSON.parse(message) as unknown[]).length])).toEqual([
      ['p', 2],
      ['p', 1],
      ['q', 1],
    ]);
  });

  it('omits records that were deleted meanwhile, as older and newer servers report them', () => {
    expect(toRecords([['1-0', ['r', '{}']], ['2-0', null], null])).toEqual([{ streamId: '1-0', fields: ['r', '{}'] }]);
  });

  it('counts a record as its own only if no other replica ever had it', () => {
    const entries = ['1-0', '2-0', '3-0'].map((id) => [id, ['r', '{}']]);
    const before = new Map([
      ['1-0', ['1-0', 'me', 0, 1]],
      ['2-0', ['2-0', 'me', 0, 2]],
      ['3-0', ['3-0', 'other', 0, 1]],
    ] as [string, [string, string, number, number]][]);
    const records = toRedelivered(entries, before, 'me');
    expect(records.map(({ deliveries, mine }) => [deliveries, mine])).toEqual([
      [2, true],
      [3, false],
      [2, false],
    ]);
  });
});

describe('failures', () => {
  const log = { error: vi.fn() } as unknown as Logger;

  it('are passed on unchanged if they are CallErrors', () => {
    const error = new CallError('RESOURCE_EXHAUSTED', 'Slow down.', { retryAfter: 3 });
    const back = fromFailure(JSON.parse(JSON.stringify(toFailure(error, 'chat.x', log))) as never);
    expect(back.toJSON()).toEqual(error.toJSON());
    expect(log.error).not.toHaveBeenCalled();
  });

  it('are UNAVAILABLE if Redis was away', () => {
    const away = Object.assign(new Error("Stream isn't writeable and enableOfflineQueue options is false"));
    expect(toFailure(away, 'chat.x', log).code).toBe('UNAVAILABLE');
  });

  it('are only an id if unexpected, and logged under it', () => {
    const failure = toFailure(new Error('password=hunter2'), 'chat.x', log);
    expect(failure.code).toBe('INTERNAL');
    expect(JSON.stringify(failure)).not.toContain('hunter2');
    expect(log.error).toHaveBeenCalledWith(
      { err: expect.any(Error) as Error, error_id: failure.details?.errorId },
      'chat.x failed unexpectedly',
    );
  });

  it('of a newer version are INTERNAL', () => {
    expect(fromFailure({ code: 'TEAPOT', message: 'short and stout', details: {} } as never).code).toBe('INTERNAL');
  });

  it('of a schema name the path and the rule, never the value', () => {
    const parsed = z
      .object({ user: z.object({ password: z.string().min(12) }) })
      .safeParse({ user: { password: 'hunter2' } });
    const text = parsed.success ? '' : issuesText(parsed.error);
    expect(text).toContain('user.password: ');
    expect(text).not.toContain('hunter2');
  });

  it('at the deadline depend on whether the call may have had an effect', () => {
    const expired = (state: PendingCall['state'], effect: 'read' | 'once', exposed: boolean, isAway: boolean) => {
      const call = { pattern: 'chat.x', effect, deadlineMs: 100 };
      return expiryOf({ state, exposed, call, route: { isAway } } as PendingCall).code;
    };
    expect(expired('parked', 'once', false, true)).toBe('UNAVAILABLE');
    expect(expired('sent', 'read', false, false)).toBe('DEADLINE_EXCEEDED');
    expect(expired('sent', 'read', true, true)).toBe('UNAVAILABLE');
    expect(expired('unsure', 'once', true, false)).toBe('OUTCOME_UNKNOWN');
    expect(expired('sent', 'once', false, false)).toBe('DEADLINE_EXCEEDED');
  });

  it('at start name the missing handlers', () => {
    expect(missingHandlers([], new Map())).toBeUndefined();
    expect(missingHandlers([{ pattern: 'chat.x' } as never], new Map())).toContain('chat.x');
  });
});
