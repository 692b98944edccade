import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asyncApi } from './async-api.mjs';

const call = {
  service: 'auth' as const,
  pattern: 'auth.users.get',
  effect: 'read' as const,
  request: z.object({ userId: z.uuid() }),
  reply: z.object({ name: z.string().default('nobody') }),
  deadlineMs: 5_000,
};

describe('the AsyncAPI document', () => {
  const document = asyncApi({
    calls: [
      { service: 'auth', name: 'users.get', call, says: 'An account.', errors: ['NOT_FOUND'], callers: ['gateway'] },
    ],
    notices: [
      {
        name: 'CHANGED',
        channel: 'auth.changed',
        payload: z.object({ n: z.int() }),
        says: 'It changed.',
        service: 'auth',
      },
    ],
    jobs: [{ name: 'runs', payload: z.object({ runId: z.uuid() }), says: 'A run waits.', service: 'chat' }],
  });

  it('leads from each operation to a message', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) =>
      path.split('/'),
    );
    expect(refs.length).toBeGreaterThan(8);
    for (const path of refs) {
      const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
      expect(found, path.join('/')).toBeDefined();
    }
  });

  it('says who makes a call, how long it may take and how it fails', () => {
    expect(document.operations['auth.users.get']).toMatchObject({
      'x-callers': ['gateway'],
      'x-deadline-ms': 5_000,
      'x-effect': 'read',
      'x-errors': ['NOT_FOUND'],
    });
  });

  it('shows what is sent: a request before its defaults, a reply after them', () => {
    expect(document.components.messages['auth.users.get.reply']?.payload).toMatchObject({ required: ['name'] });
  });
});
