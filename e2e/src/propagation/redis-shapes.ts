import {
  type RedisCluster,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
  waitFor,
} from '@perennial/testing/servers';
import { RedisLink } from './redis-link';

export const SHAPES = ['single', 'sentinel', 'cluster'] as const;
export type RedisShape = (typeof SHAPES)[number];

/** A Redis whose every server is reached through a link. */
export interface LinkedRedis {
  url: string;
  link: RedisLink;
  stop(): Promise<void>;
}

export async function startLinkedRedis(shape: RedisShape): Promise<LinkedRedis> {
  switch (shape) {
    case 'single':
      return linkedSingle();
    case 'sentinel':
      return linkedSentinels();
    case 'cluster':
      return linkedCluster();
  }
}

async function linkedSingle(): Promise<LinkedRedis> {
  const redis = await startRedis();
  const link = await RedisLink.open([redis.port]);
  return { url: link.through(redis.url), link, stop: () => stopped(link, redis) };
}

/** The sentinels are told to watch the primary at its link, so that is the address that they give to everybody. */
async function linkedSentinels(): Promise<LinkedRedis> {
  const redis = await startRedisSentinel();
  const primary = await redis.primaryPort();
  const link = await RedisLink.open([primary]);
  const name = redis.url.slice(redis.url.lastIndexOf('/') + 1);
  for (const { port } of redis.sentinels) {
    await redis.command(port, 'SENTINEL', 'REMOVE', name);
    await redis.command(port, 'SENTINEL', 'MONITOR', name, '127.0.0.1', link.portOf(primary), 2);
  }
  return { url: redis.url, link, stop: () => stopped(link, redis) };
}

/** The nodes announce their links, so that is where clients are sent. */
async function linkedCluster(): Promise<LinkedRedis> {
  const redis = await startRedisCluster();
  const ports = redis.servers.map(({ port }) => port);
  const link = await RedisLink.open(ports);
  for (const port of ports) await redis.command(port, 'CONFIG', 'SET', 'cluster-announce-port', link.portOf(port));
  const announced = async (): Promise<boolean> => {
    for (const port of ports) if (!(await announcesOnly(redis, port, link))) return false;
    return true;
  };
  await waitFor(announced, { timeoutMs: 30_000, what: 'every node to announce the links of all' });
  return { url: link.through(redis.url), link, stop: () => stopped(link, redis) };
}

async function announcesOnly(redis: RedisCluster, port: number, link: RedisLink): Promise<boolean> {
  const slots = JSON.stringify(await redis.command(port, 'CLUSTER', 'SLOTS'));
  return redis.servers.every(
    (server) => !slots.includes(`,${server.port},`) && slots.includes(`,${link.portOf(server.port)},`),
  );
}

async function stopped(link: RedisLink, redis: { stop(): Promise<unknown> }): Promise<void> {
  await link.close();
  await redis.stop();
}
