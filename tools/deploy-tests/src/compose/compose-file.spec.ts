import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readComposeFile } from './compose-file';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'perennial-compose-'));
  writeFileSync(
    join(folder, 'base.yaml'),
    `
x-shared: &shared { KEY_FILE: /run/secrets/key, PRICE: '$$5' }
services:
  chat: { environment: { <<: *shared, STORE: '\${STORE:-disk}', GIVEN: '\${GIVEN-default}', DEEP: '\${DEEP-\${GIVEN:+given}}' } }
`,
  );
  writeFileSync(
    join(folder, 'compose.yaml'),
    `
services:
  chat-1: { extends: { file: base.yaml, service: chat }, environment: { ROLE: api }, deploy: { replicas: 3 } }
  qdrant: { image: qdrant, profiles: [qdrant] }
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

it('resolves what a service extends, and variables by their defaults', () => {
  expect(readComposeFile(join(folder, 'compose.yaml'), { STORE: '', GIVEN: '' })).toEqual({
    'chat-1': {
      kind: 'chat',
      environment: { KEY_FILE: '/run/secrets/key', PRICE: '$5', STORE: 'disk', GIVEN: '', DEEP: '', ROLE: 'api' },
      profiles: [],
      replicas: 3,
    },
    qdrant: { kind: 'qdrant', environment: {}, profiles: ['qdrant'], replicas: 1 },
  });
  expect(readComposeFile(join(folder, 'compose.yaml'), { STORE: 's3' })['chat-1']?.environment).toMatchObject({
    STORE: 's3',
    GIVEN: 'default',
  });
  const deep = (variables: Record<string, string>) =>
    readComposeFile(join(folder, 'compose.yaml'), variables)['chat-1']?.environment['DEEP'];
  expect([deep({ GIVEN: 'x' }), deep({ GIVEN: 'x', DEEP: '' }), deep({})]).toEqual(['given', '', '']);
});
