import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../test/edge';

/** Requests over a raw socket, some of them never complete. */
describe('a request that does not arrive', () => {
  let edge: Edge;
  let port: number;
  beforeAll(async () => {
    edge = await startEdge({ REQUEST_TIMEOUT_MS: '1000' });
    await edge.app.listen(0, '127.0.0.1');
    port = Number(new URL(await edge.app.getUrl()).port);
  });
  afterAll(() => edge.close());

  /**
   * Sends the pieces with a pause after each; resolves when the connection is closed, with the reply and the number of pieces sent.
   */
  const send = (pieces: readonly string[], pauseMs: number): Promise<{ answer: string; sent: number }> =>
    new Promise((resolve) => {
      let answer = '';
      let sent = 0;
      const socket = connect(port, '127.0.0.1', async () => {
        for (const piece of pieces) {
          if (socket.destroyed) return;
          socket.write(piece);
          sent += 1;
          await sleep(pauseMs);
        }
      });
      socket.on('data', (data) => (answer += data.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve({ answer, sent }));
    });
  const head = (path: string, length: number, more = ''): string =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${more}\r\n`;

  it('is ended in time with an error, even if bytes keep arriving', { timeout: 30_000 }, async () => {
    const drip = Array.from({ length: 100 }, () => ' ');
    const { answer, sent } = await send([head('/api/v1/auths/signin', 1_000), ...drip], 100);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('{"detail":"The request did not arrive in time. Try again.","code":"timeout"}');
    expect(sent).toBeLessThan(drip.length / 2);
  });

  it('is not read for ever after its reply', { timeout: 30_000 }, async () => {
    const { authorization } = edge.account('user').headers;
    const form = head('/api/v1/files/', 1_000_000, `Authorization: ${authorization}\r\n`);
    const { answer } = await send([form.replace('application/json', 'multipart/form-data; boundary=x')], 10);
    // Retrieval is away, so the upload is refused before its body has arrived.
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
  });

  it('one that is slow but in time is answered', async () => {
    const body = '{"email":"a@b.example"}';
    const { answer } = await send(
      [head('/api/v1/auths/signin', body.length, 'Connection: close\r\n'), body.slice(0, 5), body.slice(5)],
      200,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 422 /);
  });
});
