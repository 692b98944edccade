import { once } from 'node:events';
import { freshPrefix } from '@perennial/testing';
import {
  type Certificate,
  freePort,
  makeCertificate,
  type RedisCluster,
  type RedisServer,
  redisTls,
  startRedis,
  startRedisCluster,
} from '@perennial/testing/servers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Connections } from './redis';
import { READ } from './rpc/fixtures/calls';
import { buildReplica, createCaller, ReplicaProcess, TESTER } from './rpc/fixtures/harness';

// Real: a Redis and a Cluster with TLS beside plain ports; replicas as processes, since Node reads the authorities when it starts. The caller
// comes through the plain ports, so its calls are answered only if the replica got through.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describe('Redis with a certificate of an authority of our own', () => {
  let certificate: Certificate;
  let program: Awaited<ReturnType<typeof buildReplica>>;
  let redis: RedisServer;
  let cluster: RedisCluster;
  let tlsPort: number;

  beforeAll(async () => {
    [certificate, program, tlsPort] = await Promise.all([makeCertificate(), buildReplica(), freePort()]);
    redis = await startRedis({ password: 'pass word', settings: redisTls(certificate, tlsPort) });
    cluster = await startRedisCluster({ certificate });
  });

  afterAll(async () => {
    await Promise.all([program.remove(), redis.stop(), cluster.stop()]);
  });

  it.each([
    ['one server', () => ({ plain: redis.url, secure: `rediss://:pass%20word@127.0.0.1:${tlsPort}` })],
  ])('%s is used by a process that trusts it, and by no other', async (_, urls) => {
    const { plain, secure } = urls();
    const keyPrefix = freshPrefix('tls');
    const trusting = { NODE_EXTRA_CA_CERTS: certificate.cert };
    const replica = await ReplicaProcess.start(program.file, { redisUrl: secure, keyPrefix }, trusting);
    const caller = await createCaller(plain, keyPrefix);
    // This process does not know the authority.
    const stranger = new Connections({ redisUrl: secure, keyPrefix, service: 'cli', instanceId: 'stranger' });
    const refused = once(stranger.commands, 'error');
    try {
      const { n } = await caller.rpc.call(READ, { n: 7 }, { principal: TESTER });
      expect(n).toBe(7);
      const [error] = (await refused) as [Error & { lastNodeError?: Error }];
      expect((error.lastNodeError ?? error).message).toMatch(/self-signed|unable to verify|Connection is closed/);
      expect(await stranger.isReachable()).toBe(false);
    } finally {
      stranger.close();
      caller.close();
      await replica.end();
    }
  });
});
