import { CallError } from '@perennial/contracts-kernel';
import { describe, expect, it } from 'vitest';
import { capturing } from '../../test/capturing';
import { unexpected } from '../error-id';
import { NestLogger } from './nest-logger';
import { isSecretName } from './redact';

describe('log lines', () => {
  it('name the service and the instance, and the time in ISO form', () => {
    const { log, lines } = capturing();
    const before = Date.now();
    log.info({ port: 1 }, 'hello');
    expect(lines[0]).toMatchObject({ level: 'info', service: 'test', instance: 'test-1', port: 1, msg: 'hello' });
    expect(Date.parse(String(lines[0]?.['time']))).toBeGreaterThanOrEqual(before);
  });

  it('do not contain secrets, wherever they are nested', () => {
    const { log, lines } = capturing();
    log.info(
      {
        headers: { authorization: 'Bearer hunter2', 'set-cookie': ['token=hunter2'], accept: '*/*' },
        users: [{ name: 'ann', password: 'hunter2', newPassword: 'hunter2' }],
        provider: { url: 'https://ann:hunter2@example.org/v1', api_key: 'hunter2', apiKey: 'hunter2', tokens: 300 },
        access_token: 'hunter2',
        note: 'Authorization was Bearer hunter2hunter2',
      },
      'request',
    );
    const text = JSON.stringify(lines);
    expect(text).not.toContain('hunter2');
    expect(lines[0]).toMatchObject({ headers: { accept: '*/*' }, users: [{ name: 'ann' }], provider: { tokens: 300 } });
  });

  it('of errors have type, code, stack and causes, but no passwords and no other fields of the driver', () => {
    const { log, lines } = capturing();
    const cause = Object.assign(new Error('connect to postgres://u:hunter2@db:5432/p refused'), {
      code: 'ECONNREFUSED',
      parameters: ['hunter2'],
      query: "UPDATE users SET x = 'hunter2'",
    });
    log.error({ err: new Error('outer', { cause }) }, 'failed');
    expect(JSON.stringify(lines)).not.toContain('hunter2');
    expect(lines[0]?.['err']).toMatchObject({
      type: 'Error',
      message: 'outer',
      cause: { code: 'ECONNREFUSED', message: 'connect to postgres://u:[redacted]@db:5432/p refused' },
    });
  });

  it.each([
    ['authorization', true], ['Cookie', true], ['refresh_token', true], ['x-api-key', true], ['SECRET_KEY', true], ['currentPassword', true],
    ['tokens', false], ['max_tokens', false], ['key', false], ['cookies_accepted', false], ['authorized', false],
  ])('a field %s: secret is %s', (name, secret) => {
    expect(isSecretName(name)).toBe(secret);
  }); // prettier-ignore
});

describe('NestLogger', () => {
  it('passes Nest’s lines on with their context and level', () => {
    const { log, lines } = capturing();
    const nest = new NestLogger(log);
    nest.log('Starting Nest application...', 'NestFactory');
    nest.warn('careful', 'RunsService');
    nest.error('broke', 'Error: broke\n    at x', 'RunsService');
    nest.error(new Error('thrown'), 'RunsService');
    expect(lines).toMatchObject([
      { level: 'debug', context: 'NestFactory' },
      { level: 'warn', context: 'RunsService', msg: 'careful' },
      { level: 'error', context: 'RunsService', stack: 'Error: broke\n    at x' },
      { level: 'error', msg: 'thrown', err: { type: 'Error' } },
    ]);
  });
});

describe('unexpected', () => {
  it('returns an id and nothing else, and logs the stack under it', () => {
    const { log, lines } = capturing();
    const shown = unexpected(log, new Error('relation "secret_plans" does not exist'));
    expect(shown).toBeInstanceOf(CallError);
    expect(shown.code).toBe('INTERNAL');
    expect(JSON.stringify(shown)).not.toContain('secret_plans');
    expect(lines[0]).toMatchObject({
      error_id: shown.details.errorId,
      err: { message: 'relation "secret_plans" does not exist' },
    });
  });
});
