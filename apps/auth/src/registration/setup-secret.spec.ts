import { describe, expect, it } from 'vitest';
import { SetupSecret } from './setup-secret';

describe('the setup secret', () => {
  it('is accepted under each key in force: replicas log different ones while SECRET_KEY is changed', () => {
    const [old, next] = [new SetupSecret(['old key']), new SetupSecret(['next key', 'old key'])];
    expect(next.matches(old.value)).toBe(true);
    expect(next.matches(` ${next.value.toLowerCase()} `)).toBe(true);
    expect(old.matches(next.value)).toBe(false);
    expect(next.matches(undefined)).toBe(false);
  });
});
