import { join } from 'node:path';
import { waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation, type Outcome } from './installation';

const PASSWORD = 'Passw0rd!x';
const OTHER_PASSWORD = 'an0ther one!';

/** Real: the built command line beside the built services, on Postgres and Redis. */
describe('perennial', () => {
  let here: Installation;
  beforeAll(async () => {
    here = await Installation.create();
  }, 120_000);
  afterAll(() => here.stop());

  it('lists its commands, prints a completion script, and knows its version', async () => {
    const [help, script, completed, version] = (await Promise.all(
      [['--help'], ['completion'], ['--get-yargs-completions', 'perennial', 'fl'], ['--version']].map((args) =>
        here.run(args),
      ),
    )) as [Outcome, Outcome, Outcome, Outcome];
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of [
      'doctor',
      'user',
      'settings',
      'fleet',
      'migrate',
      'backup',
      'restore',
      'keys',
      'deadletter',
      'orphans',
      'vectors',
    ])
      expect(help.stdout).toContain(`perennial ${command}`);
    expect(script.stdout).toContain('--get-yargs-completions');
    expect(completed.stdout).toContain('fleet');
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+/);
  });

  it.each([
    [[], 'Name a command'],
    [['nothing'], 'argument'],
    [['user'], 'Name a command of user'],
    [['user', 'create'], 'email'],
    [['fleet', '--all'], 'no option --all'],
    [['vectors'], 'Name a command of vectors'],
    [['vectors', 'migrate'], 'to'],
    [['vectors', 'migrate', '--to', 'qdrant', '--points-per-second', 'many'], '--points-per-second'],
    [['migrate', '--to', 'Nothing1111111111111'], 'no migration'],
    [['fleet', '--variables', '/nowhere/at/all'], '/nowhere/at/all'],
  ])(
    'called wrongly (%j) exits with 2 and says how',
    async (args, reason) => {
      const { code, stdout, stderr } = await here.inside(args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(reason);
      expect(stderr).toContain('--help');
    },
    60_000,
  );

  it('names a variable that is missing, and never shows a secret', async () => {
    const [missing, away, json] = await Promise.all([
      here.run(['fleet'], '', { REDIS_URL: '' }),
      here.run(['migrate'], '', { DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/x' }),
      here.run(['fleet', '--json'], '', { REDIS_URL: 'redis://:hunter2@127.0.0.1:1' }),
    ]);
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toContain('REDIS_URL is not set');
    expect(away).toMatchObject({ code: 1, stdout: '' });
    expect(away.stderr).toContain('Nothing listens at that address');
    expect(away.stderr).not.toContain('hunter2');
    expect(json).toMatchObject({ code: 1, stdout: '' });
    expect((JSON.parse(json.stderr) as { error: string }).error).toContain('Redis at 127.0.0.1:1 does not answer');
    expect(json.stderr).not.toContain('hunter2');
  }, 60_000);

  it('applies migrations up to one, then the rest, and checks them', async () => {
    expect(await here.inside(['migrate', '--check'])).toMatchObject({ code: 1 });
    for (const command of [['orphans'], ['backup', join(here.dataDir, 'backup')]])
      expect(await here.inside(command)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('Run `perennial migrate` first') as string,
      });
    const some = await here.json<{ service: string; migrations: string[] }[]>('migrate', '--to', '1764000000000');
    expect(some.find(({ service }) => service === 'chat')?.migrations).toEqual(['ChatSchema1764000000000']);
    const check = await here.inside(['migrate', '--check']);
    expect(check.code).toBe(1);
    expect(check.stdout).toContain('missing: SearchIndex1764300000000');
    const [one, two] = await Promise.all([here.run(['migrate']), here.run(['migrate'])]);
    expect([one.code, two.code]).toEqual([0, 0]);
    expect(await here.inside(['migrate', '--check'])).toMatchObject({ code: 0 });
  }, 60_000);

  it('says which service is not running, and manages accounts once it is', async () => {
    const { code, stderr } = await here.inside(['user', 'list']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('The service auth did not answer') as string,
    });
    await here.start('auth', 'config', 'retrieval');
    const first = ['user', 'create', '--first-admin', '--email', 'root@example.com'];
    expect(await here.inside(first, { WEBUI_ADMIN_PASSWORD: PASSWORD })).toMatchObject({ code: 0 });
    const ann = ['user', 'create', '--email', 'Ann@example.com', '--name', 'Ann'];
    // The container of auth has the administrator's password in its environment.
    expect(await here.run(ann, `${PASSWORD}\n`, { WEBUI_ADMIN_PASSWORD: 'short' })).toMatchObject({
      code: 0,
      stdout: 'ann@example.com has an account now, with the role user.\n',
    });
    const twice = await here.run(['user', 'create', '--email', 'ann@example.com'], `${PASSWORD}\n`);
    expect(twice.code).toBe(1);
    expect(twice.stderr).not.toContain(PASSWORD);
    const { users } = await here.json<{ users: { email: string; role: string }[] }>('user', 'list');
    expect(users.map(({ email, role }) => [email, role])).toEqual([
      ['root@example.com', 'admin'],
      ['ann@example.com', 'user'],
    ]);
    expect(await here.run(['user', 'reset-password', '--email', 'ann@example.com'], 'short\n')).toMatchObject({
      code: 1,
    });
    const reset = await here.run(['user', 'reset-password', '--email', 'ann@example.com'], `${OTHER_PASSWORD}\n`);
    expect(reset).toMatchObject({ code: 0, stderr: '' });
    const nobody = await here.run(['user', 'reset-password', '--email', 'no@example.com'], `${PASSWORD}\n`);
    expect(nobody.stderr).toContain('There is no account with the address');
  }, 90_000);

  it('shows and changes settings, and says which come from the environment', async () => {
    expect(await here.json('settings', 'get', 'retrieval.TOP_K')).toBe(3);
    expect(await here.json('settings', 'set', 'retrieval.TOP_K', '7')).toBe(7);
    expect(await here.json('settings', 'get', 'retrieval.TOP_K')).toBe(7);
    const wrong = await here.inside(['settings', 'set', 'retrieval.TOP_K', 'many']);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('TOP_K');
    const fixed = await here.inside(['settings', 'set', 'config.name', 'Ours']);
    expect(fixed.code).toBe(1);
    expect(fixed.stderr).toContain('environment of the config service');
    const set = {
      enabled: true,
      connections: [{ url: 'http://127.0.0.1:1/v1', key: 'sk-very-secret-key', config: {} }],
    };
    const saved = await here.run(['settings', 'set', 'connections.openai'], JSON.stringify(set));
    expect(saved).toMatchObject({ code: 0, stdout: expect.stringContaining('127.0.0.1:1') as string });
    expect(saved.stdout).not.toContain('sk-very-secret-key');
    expect(await here.inside(['settings', 'get', 'nothing.at.all'])).toMatchObject({ code: 2 });
  }, 60_000);

  it('shows the vector stores, and refuses a move to one that is not declared', async () => {
    expect(await here.inside(['vectors', 'status'])).toEqual({
      ...{ code: 0, stderr: '', stdout: 'stores: default\nanswers: none yet\n' },
    });
    const nowhere = await here.inside(['vectors', 'migrate', '--to', 'pinecone']);
    expect(nowhere).toMatchObject({ code: 1, stdout: '' });
    expect(nowhere.stderr).toContain('There is no vector store "pinecone"');
    for (const command of ['pause', 'cancel', 'finish', 'rollback'])
      expect((await here.inside(['vectors', command])).code).toBe(1);
  });

  it('shows the fleet: a process that was killed is gone', async () => {
    const fleet = () =>
      here.json<{ replicas: { service: string; instance: string; version: string; state: string }[] }>('fleet');
    const { replicas } = await fleet();
    expect(replicas.map(({ service, instance }) => [service, instance])).toEqual([
      ['auth', 'auth-1'],
      ['config', 'config-1'],
      ['retrieval', 'retrieval-1'],
    ]);
    expect(replicas.every(({ version }) => /^\d+\.\d+\.\d+$/.test(version))).toBe(true);
    await here.processes.find(({ name }) => name === 'auth')?.kill();
    const others = async () =>
      (await fleet()).replicas.filter(({ state }) => state !== 'gone').map(({ service }) => service);
    await waitFor(async () => (await others()).join() === 'config,retrieval', { timeoutMs: 30_000 });
  }, 60_000);

  it('shows dead letters and forgets them', async () => {
    expect(await here.json('deadletter', 'list')).toEqual([]);
    expect((await here.inside(['deadletter', 'list'])).stdout).toContain('no dead letters');
    expect(await here.inside(['deadletter', 'clear'])).toMatchObject({ code: 0 });
  });
});
