import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { environmentTable } from './document';
import { EnvError, type EnvSource, readEnv } from './parse-env';
import { commonEnv, databaseEnv, flag, integer, list, listenEnv, redisEnv, secretEnv, variable } from './variables';

const schema = z.object({
  ...commonEnv,
  ...databaseEnv,
  ...redisEnv,
  ...secretEnv,
  ...listenEnv,
  OPEN: variable(flag().default(false), { description: 'Whether.' }),
  WORKERS: variable(integer(1, 8).default(2), { description: 'How many.' }),
  ORIGINS: variable(list(';').default([]), {
    description: 'From where.',
    example: 'https://a.example;https://b.example',
  }),
});

const valid: EnvSource = {
  DATABASE_URL: 'postgres://u:kD82mQpw01zz@db:5432/p',
  REDIS_URL: 'redis://redis:6379',
  SECRET_KEY: '0b9cfe0f3c1d4f5a8e6b7c8d',
};
const read = (changes: EnvSource = {}) => readEnv(schema, { ...valid, ...changes }, { service: 'chat' });

function problems(changes: EnvSource): Record<string, string> {
  try {
    read(changes);
  } catch (error) {
    if (error instanceof EnvError)
      return Object.fromEntries(error.problems.map(({ variable: name, problem }) => [name, problem]));
    throw error;
  }
  return {};
}

describe('readEnv', () => {
  it('gives typed values and defaults', () => {
    expect(read({ OPEN: 'yes', WORKERS: '3', ORIGINS: 'https://a.example; ;https://b.example' })).toMatchObject({
      ...{ NODE_ENV: 'development', PORT: 8080, HOST: '127.0.0.1', HEALTH_PORT: 0, SHUTDOWN_GRACE_MS: 10_000 },
      ...{ OPEN: true, WORKERS: 3, ORIGINS: ['https://a.example', 'https://b.example'], REDIS_KEY_PREFIX: 'perennial' },
    });
  });

  it('treats an empty variable as unset, and reads an alias instead', () => {
    expect(read({ PORT: ' ', SECRET_KEY: '', WEBUI_SECRET_KEY: 'from the other product' })).toMatchObject({
      PORT: 8080,
      SECRET_KEY: 'from the other product',
    });
    expect(read({ WEBUI_SECRET_KEY: 'from the other product' }).SECRET_KEY).toBe(valid['SECRET_KEY']);
  });

  it('reports every variable that is wrong, once', () => {
    const found = problems({
      DATABASE_URL: undefined,
      REDIS_URL: 'http://redis',
      PORT: '70000',
      LOG_LEVEL: 'loud',
      WORKERS: '1.5',
      OPEN: 'maybe',
    });
    expect(Object.keys(found).sort()).toEqual(['DATABASE_URL', 'LOG_LEVEL', 'OPEN', 'PORT', 'REDIS_URL', 'WORKERS']);
    expect(found['DATABASE_URL']).toBe('is not set');
    expect(found['REDIS_URL']).toBe(
      'must be a URL that starts with redis://, redis+sentinel:// or redis+cluster:// (with TLS: rediss…)',
    );
    expect(found['PORT']).toContain('(it is "70000")');
  });

  it('says what to put there, in one message', () => {
    expect(() => read({ SECRET_KEY: undefined })).toThrow(
      [
        'chat cannot start: one environment variable is not right.',
        '',
        '  SECRET_KEY is not set',
        '      Signs sessions and calls between services, and encrypts provider keys and secrets in Redis. The same for all services. Changed without `SECRET_KEY_SECOND`, all sessions end and stored keys become unreadable.' +
          ' Put there: the output of `openssl rand -hex 32` (WEBUI_SECRET_KEY is read as well)',
        '',
        'All variables: docs/environment.md',
      ].join('\n'),
    );
  });

  it('never repeats the value of a secret', () => {
    for (const changes of [
      { DATABASE_URL: 'mysql://root:hunter2@db' },
      { SECRET_KEY: 'hunter2' },
      { NODE_ENV: 'production', SECRET_KEY: 'hunter2hunter2' },
      { NODE_ENV: 'production', REDIS_URL: 'redis://:hunter2changeme@redis' },
    ]) {
      expect(() => read(changes)).toThrow(EnvError);
      expect(() => read(changes)).not.toThrow(/hunter2/);
    }
  });
});

describe('a secret from a file', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'perennial-secrets-'))));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  it('is read without the line break at its end', () => {
    const SECRET_KEY_FILE = file('key', '0b9cfe0f 3c1d4f5a8e6b7c8d\r\n');
    expect(read({ SECRET_KEY: '', SECRET_KEY_FILE }).SECRET_KEY).toBe('0b9cfe0f 3c1d4f5a8e6b7c8d');
  });

  it('is read by an alias too, and checked like a value', () => {
    const WEBUI_SECRET_KEY_FILE = file('alias', 'changeme\n');
    expect(read({ SECRET_KEY: undefined, WEBUI_SECRET_KEY_FILE }).SECRET_KEY).toBe('changeme');
    expect(problems({ NODE_ENV: 'production', SECRET_KEY: undefined, WEBUI_SECRET_KEY_FILE })).toEqual({
      SECRET_KEY: 'is a placeholder, which production refuses',
    });
  });

  it.each([
    ['is missing', () => join(folder, 'missing'), /^cannot be read: SECRET_KEY_FILE names ".*missing" \(ENOENT\)$/],
    ['is a folder', () => folder, /\(EISDIR\)$/],
    ['is empty', () => file('empty', ' \n'), /^is empty: SECRET_KEY_FILE names a file without a text$/],
    ['never ends', () => '/dev/zero', /^is too long: SECRET_KEY_FILE names a file of more than 65536 bytes$/],
  ])('is refused when its file %s', (_, path, problem) => {
    expect(problems({ SECRET_KEY: undefined, SECRET_KEY_FILE: path() })['SECRET_KEY']).toMatch(problem);
  });

  it('is refused when it is given twice, and never shown', () => {
    const SECRET_KEY_FILE = file('twice', 'hunter2hunter2hunter2');
    expect(problems({ SECRET_KEY_FILE })).toEqual({
      SECRET_KEY: 'is given twice: unset SECRET_KEY or SECRET_KEY_FILE',
    });
    expect(() => read({ SECRET_KEY_FILE, PORT: 'x' })).not.toThrow(/hunter2/);
  });

  it('only a secret is read from a file', () => {
    expect(read({ PORT_FILE: file('port', '1234') }).PORT).toBe(8080);
  });
});

describe('in production', () => {
  const inProduction = (changes: EnvSource) => problems({ NODE_ENV: 'production', ...changes });

  it.each([
    'changeme', 'CHANGE-ME-please-and-soon', 't0p-s3cr3t', 'supersecret', 'secretsecretsecretsecret-change-this', 'aaaaaaaaaaaaaaaaaaaaaaaa',
    '12345678901234567890', 'your-secret-key', '<put your secret here please>', 'short-but-odd1',
  ])('the secret %j is refused', (SECRET_KEY) => {
    expect(inProduction({ SECRET_KEY })).toHaveProperty('SECRET_KEY');
    expect(problems({ SECRET_KEY })).toEqual({});
  }); // prettier-ignore

  it('a placeholder as the password of a URL is refused', () => {
    expect(inProduction({ DATABASE_URL: 'postgres://postgres:postgres@db/p' })).toEqual({
      DATABASE_URL: 'has a placeholder as its password, which production refuses',
    });
    expect(inProduction({ REDIS_URL: 'redis://:password@redis' })).toHaveProperty('REDIS_URL');
    expect(inProduction({ REDIS_URL: 'redis://redis' })).toEqual({});
  });

  it('real secrets are accepted', () => {
    for (const SECRET_KEY of ['0b9cfe0f3c1d4f5a8e6b7c8d', 'wFz2kQ9mXt7Vb1Lr', 'correct horse battery staple']) {
      expect(inProduction({ SECRET_KEY })).toEqual({});
    }
  });
});

describe('environmentTable', () => {
  it('has a row per variable, with what it is when unset', () => {
    const table = environmentTable(schema, Object.keys(commonEnv)).split('\n');
    expect(table).toHaveLength(2 + Object.keys(schema.shape).length - Object.keys(commonEnv).length);
    expect(table).toContain('| `PORT` | `8080` | Port on which users are served. |');
    expect(table.find((row) => row.includes('`SECRET_KEY`'))).toMatch(
      /\*\*required\*\*.*Also read as `WEBUI_SECRET_KEY`\. Secret\. \|$/,
    );
    expect(table.find((row) => row.includes('`ORIGINS`'))).toContain('Example: `https://a.example;https://b.example`.');
  });
});
