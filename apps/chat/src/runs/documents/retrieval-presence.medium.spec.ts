import { freshPrefix, redisUrl, sleep, waitFor } from '@perennial/testing';
import { Connections } from '@perennial/transport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RetrievalPresence } from './retrieval-presence';

// Real: Redis, and the connection of a process, which breaks. Nobody is retrieval here.
describe('work for which no replica of retrieval is there', () => {
  let connections: Connections;
  let presence: RetrievalPresence;
  beforeAll(async () => {
    connections = new Connections({
      redisUrl: redisUrl(),
      keyPrefix: freshPrefix('presence'),
      service: 'chat',
      instanceId: 'chat-1',
    });
    presence = new RetrievalPresence(connections);
    await waitFor(() => connections.commands.status === 'ready');
  });
  afterAll(() => connections.close());

  const work = () => presence.whileUp(() => new Promise<never>(() => undefined), { awayMs: 400 });

  it('is ended within a second, but not just after Redis was away: the replicas connect to it again too', async () => {
    await expect(work()).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'no_replica' } });
    connections.commands.disconnect(true);
    await waitFor(() => connections.commands.status === 'ready');
    const again = work();
    const ended = await Promise.race([again.catch(() => 'ended'), sleep(2_000).then(() => 'goes on')]);
    expect(ended).toBe('goes on');
    await expect(again).rejects.toMatchObject({ details: { reason: 'no_replica' } });
  });
});
