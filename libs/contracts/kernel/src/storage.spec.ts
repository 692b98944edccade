import { expect, it } from 'vitest';
import { assertStorage } from './storage';

const CHATS = { name: 'chats', advice: 'Delete some chats and try again.' };

it('refuses a total beyond the limit and reports the bytes used', () => {
  expect(() => assertStorage(CHATS, 200_000_001, 200_000_000)).toThrow(
    expect.objectContaining({
      code: 'PAYLOAD_TOO_LARGE',
      message: 'Your chats take 201 MB of the 200 MB allowed. Delete some chats and try again.',
      details: { problem: 'storage_full', used: 200_000_001, limit: 200_000_000 },
    }),
  );
  expect(() => assertStorage(CHATS, 1_001, 1_000)).toThrow('Your chats take 1001 bytes of the 1000 bytes allowed.');
});

it('accepts a total within the limit, and any total without one', () => {
  expect(() => assertStorage(CHATS, 200_000_000, 200_000_000)).not.toThrow();
  expect(() => assertStorage(CHATS, Number.MAX_SAFE_INTEGER, 0)).not.toThrow();
});
