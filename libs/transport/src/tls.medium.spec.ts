import { once } from 'node:events';
import { CallError } from '@perennial/contracts-kernel';
import { freshPrefix, sleep } from '@perennial/testing';
import {
  type Certificate,
  freePort,
  makeCertificate,
  type RedisServer,
  redisTls,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from '@perennial/testing/servers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Connections } from './redis';
import { Keyspace } from './redis/keyspace';
import { READ } from './rpc/fixtures/calls';
import { buildReplica, createCaller, ReplicaProcess, TESTER } from './rpc/fixtures/harness';

// Real: a Redis with TLS beside a plain port; a replica as a process, since Node reads the authorities when it starts. The caller comes through
// the plain port, so its call is answered only if the replica got through.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const PASSWORD = 'p@ss/word';

describe('Redis with a certificate of an authority of our own', () => {
  let certificate: Certificate;
  let program: Awaited<ReturnType<typeof buildReplica>>;
  let redis: RedisServer;
  let tlsPort: number;

  beforeAll(async () => {
    [certificate, program, tlsPort] = await Promise.all([makeCertificate(), buildReplica(), freePort()]);
    redis = await startRedis({ password: PASSWORD, settings: redisTls(certificate, tlsPort) });
  });

  afterAll(async () => {
    await Promise.all([program.remove(), redis.stop()]);
  });

  it.each([
    ['sentinels', startRedisSentinel],
    ['a Cluster', startRedisCluster],
  ])('is used on %s, also after a failover', async (shape, start) => {
    const keyPrefix = freshPrefix('tls');
    const group = await start({ password: PASSWORD, certificate });
    // The sentinels name the port with TLS.
    const plainUrl = async () => (shape === 'sentinels' ? group.server(await group.primaryPort()).url : group.url);
    const trusting = { NODE_EXTRA_CA_CERTS: certificate.cert };
    const replica = await ReplicaProcess.start(program.file, { redisUrl: group.secureUrl, keyPrefix }, trusting);
    /** Until the replica is back, calls are told to be tried again. */
    const call = async (n: number): Promise<number> => {
      const caller = await createCaller(await plainUrl(), keyPrefix);
      try {
        for (;;) {
          try {
            return (await caller.rpc.call(READ, { n }, { principal: TESTER })).n;
          } catch (error) {
            if (!(error instanceof CallError) || error.code !== 'UNAVAILABLE') throw error;
            await sleep(100);
          }
        }
      } finally {
        caller.close();
      }
    };
    try {
      expect(await call(1)).toBe(1);
      await group.failOver(new Keyspace(keyPrefix, shape !== 'sentinels').of('chat'));
      expect(await call(2)).toBe(2);
    } finally {
      await replica.end();
      await group.stop();
    }
  });

  it('is used by a process that trusts it, and by no other', async () => {
    const keyPrefix = freshPrefix('tls');
    const redisUrl = `rediss://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${tlsPort}`;
    const trusting = { NODE_EXTRA_CA_CERTS: certificate.cert };
    const replica = await ReplicaProcess.start(program.file, { redisUrl, keyPrefix }, trusting);
    const caller = await createCaller(redis.url, keyPrefix);
    // This process does not know the authority.
    const stranger = new Connections({ redisUrl, keyPrefix, service: 'cli', instanceId: 'stranger' });
    const refused = once(stranger.commands, 'error');
    try {
      const { n } = await caller.rpc.call(READ, { n: 7 }, { principal: TESTER });
      expect(n).toBe(7);
      const [error] = (await refused) as [Error];
      expect(error.message).toMatch(/self-signed|unable to verify/);
      expect(await stranger.isReachable()).toBe(false);
    } finally {
      stranger.close();
      caller.close();
      await replica.end();
    }
  });
});
