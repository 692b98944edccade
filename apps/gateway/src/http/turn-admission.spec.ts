import { Runtime } from '@perennial/runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import { TurnAdmission } from './turn-admission';

describe('the admission of requests for answers', () => {
  let turns: TurnAdmission;
  beforeEach(() => {
    const runtime = new Runtime({ name: 'gateway', logLevel: 'silent' });
    turns = new TurnAdmission({ most: 8, targetMs: 1_000 }, runtime);
  });

  const refusal = (userId: string) => {
    try {
      turns.refuseWhenFull(userId);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it('keeps places for users who have sent less than others lately', () => {
    for (let n = 0; n < 20; n += 1) turns.admit('flood')(200);
    for (let n = 0; n < 5; n += 1) turns.admit('flood');
    expect(refusal('flood')).toMatchObject({ status: 503 });
    for (let n = 0; n < 16; n += 1) turns.admit(`victim ${n}`);
    expect(refusal('one more')).toMatchObject({ status: 503 });
  });

  it('asks a refused client to return in a few seconds', () => {
    for (let n = 0; n < 21; n += 1) turns.admit(`user ${n}`);
    expect(refusal('next')).toMatchObject({ headers: { 'retry-after': expect.stringMatching(/^[123]$/) } });
  });

  it('a user whom chat has just refused three times is refused here, without a call, and nobody else is', () => {
    turns.admit('flood')(429);
    turns.admit('flood')(429);
    expect(refusal('flood')).toBeUndefined();
    turns.admit('flood')(429);
    expect(refusal('flood')).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    expect(refusal('victim')).toBeUndefined();
  });

  it('a place is released once, whatever the status', () => {
    for (const status of [200, 400, 401, 429, 499, 503]) {
      const leave = turns.admit(`user ${status}`);
      leave(status);
      leave(499);
    }
    for (let n = 0; n < 8; n += 1) turns.admit(`new ${n}`);
  });
});
