import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { INestMicroservice } from '@nestjs/common';
import { CallError, type Principal } from '@perennial/contracts-kernel';
import type { SecretKeys } from '@perennial/runtime';
import { freshPrefix, type RedisServer, startRedis, waitFor } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { READ, SECRET, TEXT } from './fixtures/calls';
import { type Caller, createCaller, TESTER } from './fixtures/harness';
import { type ReplicaEvent, startReplicaApp } from './fixtures/replica-app';
import { RedisRpcServer } from './index';
import { REPLICA_GROUP, rpcKeys } from './wire';

// Real: a separate Redis with an append-only file, both sides of the transport. A process without a key behaves like the previous version.

const options = { principal: TESTER };
const secretKeys: SecretKeys = ['the secret key of this very test'];
const ADMIN: Principal = {
  kind: 'user',
  userId: '7b0d5f5e-6f6b-4d0e-9d55-6a1c6f2f8a01',
  role: 'admin',
  sessionId: 's',
};

describe('an attacker with access to Redis', () => {
  let redis: RedisServer;
  let prefix: string;
  let stream: string;
  let events: ReplicaEvent[];
  const callers: Caller[] = [];
  const apps: INestMicroservice[] = [];

  beforeAll(async () => (redis = await startRedis()));
  afterAll(() => redis.stop());

  beforeEach(() => {
    prefix = freshPrefix('rpc');
    stream = rpcKeys.requests(prefix, 'chat');
    events = [];
  });

  afterEach(async () => {
    for (const caller of callers.splice(0)) caller.close();
    for (const app of apps.splice(0)) await app.close();
  });

  async function call(secrets: { secretKeys?: SecretKeys; requireSigned?: boolean } = { secretKeys }): Promise<Caller> {
    const caller = await createCaller(redis.url, prefix, secrets);
    callers.push(caller);
    await waitFor(() => caller.connections.commands.status === 'ready');
    return caller;
  }

  async function answer(
    secrets: { secretKeys?: SecretKeys; requireSigned?: boolean } = { secretKeys },
  ): Promise<INestMicroservice> {
    const identity = { redisUrl: redis.url, keyPrefix: prefix };
    const app = await startReplicaApp({ ...identity, ...secrets }, (event) => events.push(event));
    apps.push(app);
    await waitFor(() => app.get(RedisRpcServer).isReady);
    return app;
  }

  const begun = (): number => events.filter((event) => event.kind === 'begin').length;
  const reasons = async ({ connections }: Caller): Promise<string[]> =>
    (await connections.deadLetters.list(100)).map(({ source, reason }) => `${source}: ${reason}`);

  it('finds no secret in Redis’s files: not of calls, waiting replies or dead letters', async () => {
    await answer();
    const caller = await call();
    const { commands, processId } = caller.connections;
    await commands.config('SET', 'appendonly', 'yes');
    const secret = 'correct horse battery staple';
    expect((await caller.rpc.call(SECRET, { secret, length: 1 }, options)).secret).toBe(secret);
    // A large reply waits in a key.
    expect((await caller.rpc.call(SECRET, { secret, length: 10_000 }, options)).secret).toHaveLength(280_000);
    // A reply without a subscriber is parked.
    const unheard = caller.rpc.call(SECRET, { secret, length: 2, workMs: 300 }, options);
    await waitFor(() => begun() === 3);
    const subscriber =
      /id=(\d+)[^\n]*name=caller:subscriber/.exec(String(await commands.call('CLIENT', 'LIST')))?.[1] ?? '';
    await commands.client('KILL', 'ID', subscriber);
    expect((await unheard).secret).toBe(secret.repeat(2));
    await commands.xadd(stream, '*', 'r', JSON.stringify({ secret }));
    await waitFor(async () => (await caller.connections.deadLetters.list(9)).length === 1);
    expect((await caller.connections.deadLetters.list(9))[0]?.content).toContain(secret);
    await commands.call('BGREWRITEAOF');
    await waitFor(async () => /aof_rewrite_in_progress:0/.test(await commands.info('persistence')));
    const [, directory = ''] = (await commands.config('GET', 'dir')) as string[];
    const folder = join(directory, 'appendonlydir');
    let bytes = '';
    for (const file of await readdir(folder)) bytes += await readFile(join(folder, file), 'latin1');
    expect(bytes).toContain(processId);
    // The malformed record is the attacker's own; nothing that we wrote has the secret.
    const ours = bytes.replaceAll(JSON.stringify({ secret }), '');
    expect(ours).not.toContain(secret);
    await commands.config('SET', 'appendonly', 'no');
  });

  it('cannot run a record that was changed, or signed with another key', async () => {
    const caller = await call();
    const stranger = await call({ secretKeys: ['another secret key altogether'] });
    const { commands } = caller.connections;
    const waiting = caller.rpc.call(READ, { n: 1 }, { ...options, deadlineMs: 2_000 }).catch((error: unknown) => error);
    await waitFor(async () => (await commands.xlen(stream)) === 1);
    const [[id, fields] = ['', []]] = await commands.xrange(stream, '-', '+');
    await commands.xdel(stream, id);
    const [name = '', json = '', ...signature] = fields;
    for (const changed of [
      json.replace('"tester"', '"chat"'),
      json.replace('"n":1', '"n":2'),
      json.replace(/"b":\d+/, '"b":9000'),
    ])
      await commands.xadd(stream, '*', name, changed, ...signature);
    const other = stranger.rpc.call(READ, { n: 3 }, { ...options, deadlineMs: 700 }).catch((error: unknown) => error);
    await answer();
    expect(await other).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(await reasons(caller)).toEqual([
      ...['rpc:chat: signature other-key', 'rpc:chat: signature forged', 'rpc:chat: signature forged'],
      'rpc:chat: signature forged',
    ]);
    expect(begun()).toBe(0);
    await commands.xadd(stream, '*', ...fields);
    expect(await waiting).toMatchObject({ n: 1 });
  });

  it.each([
    [false, 1, []],
    [true, 0, ['rpc:chat: not signed']],
  ])('cannot send an unsigned call where signatures are required: %s', async (requireSigned, runs, letters) => {
    await answer({ secretKeys, requireSigned });
    const caller = await call({ secretKeys, requireSigned });
    const record = { i: 'someone.1', p: READ.pattern, b: 5_000, u: ADMIN, d: { n: 7 } };
    await caller.connections.commands.xadd(stream, '*', 'r', JSON.stringify(record));
    await waitFor(async () => (await caller.connections.commands.xlen(stream)) === 0);
    expect(begun()).toBe(runs);
    await waitFor(async () => (await reasons(caller)).length === letters.length);
    expect(await reasons(caller)).toEqual(letters);
    expect(await caller.rpc.call(READ, { n: 8 }, options)).toMatchObject({ n: 8 });
    expect((await caller.rpc.call(SECRET, { secret: 'x', length: 1 }, options)).secret).toBe('x');
    expect((await caller.rpc.call(TEXT, { length: 100_000 }, options)).text).toHaveLength(100_000);
  });

  it('cannot forge a reply', async () => {
    await answer({ secretKeys, requireSigned: true });
    const caller = await call({ secretKeys, requireSigned: true });
    const { commands, processId } = caller.connections;
    const reply = caller.rpc.call(READ, { n: 1, workMs: 400 }, options);
    await waitFor(() => begun() === 1);
    const forged = JSON.stringify([['0', 1, { n: 666, pid: 1, key: 'k', delivery: 1 }]]);
    await commands.publish(rpcKeys.replies(prefix, processId), forged);
    await commands.publish(rpcKeys.replies(prefix, processId), `abcdef.${'x'.repeat(22)}${forged}`);
    await commands.hset(rpcKeys.large(prefix, processId), '0', forged.slice(1, -1));
    await commands.publish(rpcKeys.replies(prefix, processId), '[["0",2,10]]');
    expect(await reply).toMatchObject({ n: 1 });
    await waitFor(async () => (await reasons(caller)).length === 3);
    expect((await reasons(caller)).sort()).toEqual([
      'reply: not signed',
      'reply: not signed',
      'reply: signature other-key',
    ]);
  });

  it('a replica of the previous version can read all calls', async () => {
    const older = await answer({});
    const caller = await call();
    const ask = (n: number): Promise<{ secret: string }> =>
      caller.rpc.call(SECRET, { secret: `s${n}`, length: 1 }, { ...options, deadlineMs: 1_500 });
    expect((await ask(1)).secret).toBe('s1');
    // Both versions at once, as in a rolling upgrade.
    await answer();
    const replies = await Promise.all(Array.from({ length: 30 }, (_, n) => ask(n)));
    expect(replies.map(({ secret }) => secret)).toEqual(Array.from({ length: 30 }, (_, n) => `s${n}`));
    await older.close();
    apps.splice(apps.indexOf(older), 1);
    const last = caller.rpc.call(SECRET, { secret: 'sealed', length: 1, workMs: 300 }, options);
    await waitFor(async () => (await caller.connections.commands.xlen(stream)) === 1);
    expect(JSON.stringify(await caller.connections.commands.xrange(stream, '-', '+'))).not.toContain('sealed"');
    expect((await last).secret).toBe('sealed');
  });

  /** The current key and the second one, at two replicas that meet while SECRET_KEY is changed, in the order of the steps. */
  const ROTATION: [SecretKeys, SecretKeys][] = [
    [['old key'], ['old key', 'next key']],
    [
      ['old key', 'next key'],
      ['next key', 'old key'],
    ],
    [['next key', 'old key'], ['next key']],
  ];
  it.each(
    ROTATION.flatMap(([one, other]): [SecretKeys, SecretKeys][] => [
      [one, other],
      [other, one],
    ]),
  )(
    'does not profit from a change of the key: a caller with %j understands a replica with %j',
    async (ours, theirs) => {
      await answer({ secretKeys: theirs, requireSigned: true });
      const caller = await call({ secretKeys: ours, requireSigned: true });
      expect(await caller.rpc.call(READ, { n: 1 }, options)).toMatchObject({ n: 1 });
      expect((await caller.rpc.call(SECRET, { secret: 'x', length: 200_000 }, options)).secret).toHaveLength(200_000);
      expect(await reasons(caller)).toEqual([]);
    },
  );

  it('gets no unencrypted calls by adding a reader where signatures are required', async () => {
    const strict = { secretKeys, requireSigned: true };
    await answer(strict);
    const caller = await call(strict);
    await caller.connections.commands.xgroup('CREATECONSUMER', stream, REPLICA_GROUP, 'somebody');
    const reply = caller.rpc.call(SECRET, { secret: 'hidden', length: 1, workMs: 300 }, options);
    await waitFor(async () => (await caller.connections.commands.xlen(stream)) === 1);
    expect(JSON.stringify(await caller.connections.commands.xrange(stream, '-', '+'))).not.toContain('hidden');
    expect((await reply).secret).toBe('hidden');
  });

  it('a caller of the previous version can read its reply', async () => {
    await answer();
    const caller = await call({});
    expect((await caller.rpc.call(SECRET, { secret: 'x', length: 200_000 }, options)).secret).toHaveLength(200_000);
    expect(await caller.rpc.call(READ, { n: 4 }, options)).toMatchObject({ n: 4 });
  });

  it('calls to a service that is down are encrypted', async () => {
    const app = await answer();
    const caller = await call();
    await caller.rpc.call(SECRET, { secret: 'x', length: 1 }, options);
    await app.close();
    apps.splice(0);
    const fresh = await call();
    const failed = fresh.rpc.call(SECRET, { secret: 'hidden', length: 1 }, { ...options, deadlineMs: 500 });
    failed.catch(() => undefined);
    await waitFor(async () => (await caller.connections.commands.xlen(stream)) === 1);
    const [[, fields] = ['', []]] = await caller.connections.commands.xrange(stream, '-', '+');
    expect(fields[0]).toBe('s');
    expect(fields.join()).not.toContain('hidden');
    await expect(failed).rejects.toBeInstanceOf(CallError);
  });
});
