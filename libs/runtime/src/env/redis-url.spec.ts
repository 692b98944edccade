import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readEnv } from './parse-env';
import { describeRedis, parseRedisUrl } from './redis-url';
import { redisEnv } from './variables';

const schema = z.object(redisEnv);
const urlOf = (source: Record<string, string>): string => readEnv(schema, source, { service: 'chat' }).REDIS_URL;
const problemOf = (source: Record<string, string>): string => {
  try {
    return `accepted as ${urlOf(source)}`;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('REDIS_URL', () => {
  it('names one server, sentinels or a Cluster', () => {
    expect(parseRedisUrl('redis://:p%40ss@redis:6380/3')).toEqual({
      ...{ shape: 'single', isTls: false, password: 'p@ss', database: 3 },
      addresses: [{ host: 'redis', port: 6380 }],
    });
    expect(parseRedisUrl('rediss+sentinel://ann:secret@h1,h2:5000,[::1]:7/my%20master/2')).toEqual({
      ...{ shape: 'sentinel', isTls: true, username: 'ann', password: 'secret', database: 2 },
      ...{ primaryName: 'my master' },
      addresses: [
        { host: 'h1', port: 26_379 },
        { host: 'h2', port: 5000 },
        { host: '::1', port: 7 },
      ],
    });
    expect(parseRedisUrl('redis+cluster://h1:7000,h2:7001')).toEqual({
      ...{ shape: 'cluster', isTls: false, database: 0 },
      addresses: [
        { host: 'h1', port: 7000 },
        { host: 'h2', port: 7001 },
      ],
    });
  });

  it.each([
    ['http://redis', 'must be a URL that starts with redis://'],
    ['redis+sentinel://h1,h2', 'must name the primary that the sentinels watch'],
    ['redis+sentinel://h1,h2/0', 'must name the primary that the sentinels watch'],
    ['redis+cluster://h1/1', 'a Cluster has only number 0'],
    ['redis://h1,h2', 'names several servers: use redis+sentinel:// or redis+cluster://'],
    ['redis+cluster://h1,,h2', 'must have hosts like h1:26379,h2:26379'],
    ['redis+cluster://h1:70000', 'has the port 70000'],
    ['redis://redis/one', 'must end with the number of the database'],
  ])('%s is refused with a sentence', (url, sentence) => {
    expect(problemOf({ REDIS_URL: url })).toContain(sentence);
  });

  it('is made from the variables of the reference', () => {
    expect(urlOf({ REDIS_URL: 'redis://:pw@mymaster:6379/1', REDIS_SENTINEL_HOSTS: 'a, b:7' })).toBe(
      'redis+sentinel://:pw@a:26379,b:7/mymaster/1',
    );
    const port = { REDIS_SENTINEL_HOSTS: 'a', REDIS_SENTINEL_PORT: '26380', REDIS_SENTINEL_PASSWORD: 'p&w' };
    expect(parseRedisUrl(urlOf({ REDIS_URL: 'rediss://main', ...port }))).toMatchObject({
      ...{ shape: 'sentinel', isTls: true, primaryName: 'main', sentinelPassword: 'p&w' },
      addresses: [{ host: 'a', port: 26_380 }],
    });
    expect(urlOf({ REDIS_URL: 'redis://u:p@h:7000/0', REDIS_CLUSTER: 'True' })).toBe('redis+cluster://u:p@h:7000/0');
    expect(urlOf({ REDIS_URL: 'redis://h', REDIS_CLUSTER: 'False' })).toBe('redis://h');
  });

  it('contradictions are told', () => {
    const both = { REDIS_URL: 'redis://h', REDIS_CLUSTER: 'true', REDIS_SENTINEL_HOSTS: 'a' };
    expect(problemOf(both)).toContain('unset REDIS_SENTINEL_HOSTS or REDIS_CLUSTER');
    const twice = { REDIS_URL: 'redis+cluster://h', REDIS_SENTINEL_HOSTS: 'a' };
    expect(problemOf(twice)).toContain('must start with redis:// or rediss:// beside REDIS_SENTINEL_HOSTS');
  });

  it('a placeholder as the password is refused in production, in every shape, and never shown', () => {
    for (const url of ['redis+sentinel://:changeme1@h1,h2/mymaster', 'redis+cluster://u:changeme1@h1,h2']) {
      const report = problemOf({ NODE_ENV: 'production', REDIS_URL: url });
      expect(report).toContain('has a placeholder as its password');
      expect(report).not.toContain('changeme1');
    }
  });

  it('is described without its password', () => {
    expect(describeRedis('redis://:hunter2@127.0.0.1:1')).toBe('Redis at 127.0.0.1:1');
    expect(describeRedis('redis+sentinel://:hunter2@a,b/m')).toBe(
      'the primary "m" of the sentinels at a:26379, b:26379',
    );
  });
});
