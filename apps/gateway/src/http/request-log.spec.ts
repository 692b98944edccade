import { chats } from '@perennial/contracts-chat';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../test/edge';

interface Line {
  context?: string;
  [field: string]: unknown;
}

describe('the log of requests', () => {
  let edge: Edge;
  let lines: Line[];
  const start = async (source: Record<string, string> = {}) => {
    lines = [];
    const logStream = { write: (line: string) => lines.push(JSON.parse(line) as Line) };
    edge = await startEdge({ LOG_LEVEL: 'info', ...source }, undefined, logStream);
  };
  beforeEach(() => start());
  afterEach(() => edge.close());
  const of = (context: string) => lines.filter((line) => line.context === context);

  it('logs refusals of signed-in users only', async () => {
    const { user, headers } = edge.account('user');
    await edge.app.inject({ url: '/api/v1/users/?query=somebody', headers });
    await edge.app.inject({ url: '/api/v1/users/' });
    expect(of('security')).toMatchObject([
      {
        level: 'info',
        event: 'access_denied',
        outcome: 'failed',
        actor_id: user.id,
        client_address: '127.0.0.1',
        method: 'GET',
        path: '/api/v1/users/',
      },
    ]);
    expect(of('access')).toEqual([]);
  });

  it('logs who deleted what, after the deletion', async () => {
    const { user, headers } = edge.account('user');
    const url = '/api/v1/chats/7f1a3c62-1111-4111-8111-111111111111';
    await edge.app.inject({ method: 'DELETE', url, headers });
    expect(of('security')).toEqual([]);
    edge.rpc.on(chats.remove, () => ({ deleted: true }) as never);
    await edge.app.inject({ method: 'DELETE', url, headers });
    expect(of('security')).toMatchObject([{ event: 'data_deleted', outcome: 'ok', actor_id: user.id, path: url }]);
  });

  it('has a line for each request if configured, without queries and secrets', async () => {
    await edge.close();
    await start({ ACCESS_LOG: 'true' });
    const { user, token, headers } = edge.account('user');
    await edge.app.inject({ url: '/api/v1/chats/search?text=private', headers });
    await edge.app.inject({ method: 'POST', url: '/api/v1/auths/signin', payload: { email: 'x', password: 'hidden' } });
    expect(of('access')).toMatchObject([
      { method: 'GET', path: '/api/v1/chats/search', user_id: user.id, client_address: '127.0.0.1' },
      { method: 'POST', path: '/api/v1/auths/signin', status: 422, duration_ms: expect.any(Number) as number },
    ]);
    const text = JSON.stringify(lines);
    for (const secret of ['private', 'hidden', token, user.email]) expect(text).not.toContain(secret);
  });
});
