import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { launcherEnvironment } from './environment';
import { parseCommandLine } from './options';
import { sharedEnvironment } from './service-environment';
import { Home } from './state';

describe('parseCommandLine', () => {
  it('runs one process of each service on the usual port by default', () => {
    expect(parseCommandLine([])).toEqual({
      scale: { gateway: 1, auth: 1, chat: 1, retrieval: 1, config: 1 },
      port: undefined,
      simulator: false,
      help: false,
    });
  });

  it('reads replicas, port and simulator, with = or a space', () => {
    const read = parseCommandLine(['--scale', 'gateway=2,chat=3', '--port=9000', '--simulator']);
    expect(read).toMatchObject({ scale: { gateway: 2, auth: 1, chat: 3 }, port: 9000, simulator: true });
  });

  it.each([
    [['--scale', 'gate=2'], 'there is no service "gate"'],
    [['--scale', 'gateway=0'], 'gateway needs a number from 1 to 16'],
    [['--scale', 'chat=17'], 'chat needs a number from 0 to 16'],
    [['--scale'], '--scale needs a value'],
    [['--port', 'abc'], '"abc" is not a port'],
    [['--fast'], '--fast is not an option'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseCommandLine(argv)).toThrow(message);
  });
});

describe('launcherEnvironment', () => {
  it('treats an empty variable as unset', () => {
    expect(launcherEnvironment({ DATABASE_URL: '', PORT: '' })).toMatchObject({ databaseUrl: undefined, port: 8080 });
  });

  it('takes the other name of the secret key', () => {
    expect(launcherEnvironment({ WEBUI_SECRET_KEY: 'other' }).secretKey).toBe('other');
  });

  it('reads secrets from files, which the services then need not read again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'perennial-launcher-'));
    const [key, url] = [join(folder, 'key'), join(folder, 'url')];
    writeFileSync(key, 'a key in a file\n');
    writeFileSync(url, 'postgres://me@db/x\n');
    const env = launcherEnvironment({ SECRET_KEY_FILE: key, DATABASE_URL_FILE: url, REDIS_URL_FILE: '' });
    expect(env).toMatchObject({ secretKey: 'a key in a file', databaseUrl: 'postgres://me@db/x', redisUrl: undefined });
    const home = new Home(folder);
    const options = { env, home, databaseUrl: 'postgres://me@db/x', redisUrl: 'redis://r', extra: {} };
    expect(sharedEnvironment(options)).toMatchObject({ SECRET_KEY: 'a key in a file', SECRET_KEY_FILE: '' });
    expect(() => launcherEnvironment({ SECRET_KEY: 'x', SECRET_KEY_FILE: key })).toThrow('SECRET_KEY is given twice');
    expect(() => launcherEnvironment({ REDIS_URL_FILE: '/nowhere/at/all' })).toThrow('REDIS_URL_FILE names');
    rmSync(folder, { recursive: true });
  });

  it.each([
    [{}, undefined],
    [{ OPENAI_API_BASE_URL: 'http://a/v1', OPENAI_API_KEY: 'k' }, 'http://a/v1'],
    [{ OPENAI_API_KEY: 'k', OLLAMA_BASE_URLS: 'http://b' }, 'api.openai.com and http://b'],
  ])('says which models %j names', (given, connections) => {
    expect(launcherEnvironment(given).connections).toBe(connections);
  });

  it('names the variable that is wrong', () => {
    expect(() => launcherEnvironment({ PORT: 'http' })).toThrow('PORT is not usable');
  });
});
