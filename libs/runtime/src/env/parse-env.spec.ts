import { describe, expect, it } from 'vitest';
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
    expect(found['REDIS_URL']).toBe('must be a URL that starts with redis:// or rediss://');
    expect(found['PORT']).toContain('(it is "70000")');
  });

  it('says what to put there, in one message', () => {
    expect(() => read({ SECRET_KEY: undefined })).toThrow(
      [
        'chat cannot start: one environment variable is not right.',
        '',
        '  SECRET_KEY is not set',
        '      Signs sessions and calls between services, and encrypts provider keys and secrets in Redis. The same for all services. Changing it ends all sessions and makes stored keys unreadable.' +
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
