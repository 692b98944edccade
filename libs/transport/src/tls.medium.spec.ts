import { once } from 'node:events';
import { freshPrefix } from '@perennial/testing';
import {
  type Certificate,
  freePort,
  makeCertificate,
  type RedisServer,
  redisTls,
  startRedis,
} from '@perennial/testing/servers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Connections } from './redis';
import { READ } from './rpc/fixtures/calls';
import { buildReplica, createCaller, ReplicaProcess, TESTER } from './rpc/fixtures/harness';

// Real: a Redis with TLS beside a plain port; a replica as a process, since Node reads the authorities when it starts. The caller comes through
// the plain port, so its call is answered only if the replica got through.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describe('Redis with a certificate of an authority of our own', () => {
  let certificate: Certificate;
  let program: Awaited<ReturnType<typeof buildReplica>>;
  let redis: RedisServer;
  let tlsPort: number;

  beforeAll(async () => {
    [certificate, program, tlsPort] = await Promise.all([makeCertificate(), buildReplica(), freePort()]);
    redis = await startRedis({ password: 'pass word', settings: redisTls(certificate, tlsPort) });
  });

  afterAll(async () => {
    await Promise.all([program.remove(), redis.stop()]);
  });

  it('is used by a process that trusts it, and by no other', async () => {
    const keyPrefix = freshPrefix('tls');
    const redisUrl = `rediss://:pass%20word@127.0.0.1:${tlsPort}`;
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
