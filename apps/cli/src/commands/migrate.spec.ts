import { defineMigration } from '@perennial/persistence';
import { describe, expect, it } from 'vitest';
import { refusalToContract } from './migrate';

const migrations = [
  defineMigration('Added1764000000000', { up: 'ALTER TABLE runs ADD COLUMN a text' }),
  defineMigration('Removed1764000000001', { up: 'ALTER TABLE runs DROP COLUMN b', contracts: '0.10.0' }),
];
const chat = (instance: string, version: string) => ({ service: 'chat', instance, version, state: 'ready' });

describe('contract migrations', () => {
  it.each([
    ['every replica is new enough', [chat('chat-1', '0.10.0'), chat('chat-2', '1.0.0')]],
    ['nothing runs', []],
    ['an older replica has died', [chat('chat-1', '0.10.0'), { ...chat('chat-2', '0.9.0'), state: 'gone' }]],
    ['only another service is older', [{ ...chat('auth-1', '0.9.0'), service: 'auth' }]],
  ])('may run when %s', (_, fleet) => {
    expect(refusalToContract([{ name: 'chat', migrations }], fleet)).toBeUndefined();
  });

  it.each(['0.9.9', '0.2.0', '0.9.0-rc.1'])('may not run beside a replica of %s', (version) => {
    const fleet = [chat('chat-1', '0.10.0'), chat('chat-2', version)];
    expect(refusalToContract([{ name: 'chat', migrations }], fleet)).toBe(
      `Removed1764000000001 needs 0.10.0 or newer, and chat-2 runs ${version}. Finish the upgrade first.`,
    );
  });

  it('are not needed for an expansion', () => {
    expect(refusalToContract([{ name: 'chat', migrations: migrations.slice(0, 1) }], [chat('chat-1', '0.1.0')])).toBe(
      undefined,
    );
  });
});
