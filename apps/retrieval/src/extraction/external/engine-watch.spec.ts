import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { ExtractionError } from '../extraction';
import { EngineWatch } from './engine-watch';
import { tika } from './engines';

afterEach(() => vi.restoreAllMocks());

const away = new ExtractionError('engine-away', 'It is away.', { isDown: true });

it('asks a server that is slow to answer once for all documents', async () => {
  let asked = 0;
  let status = 503;
  const server = createServer((_, response) => {
    asked += 1;
    setTimeout(() => response.writeHead(status).end(), 200);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const engine = tika(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const watch = new EngineWatch();
  watch.note(engine, away);
  const look = () => watch.assertThere(engine);
  const looks = await Promise.allSettled([look(), look(), look()]);
  expect(looks.map((one) => one.status)).toEqual(['rejected', 'rejected', 'rejected']);
  await expect(look()).rejects.toThrow('It is away.');
  expect(asked).toBe(1);
  status = 404;
  await vi.waitFor(look, { timeout: 10_000, interval: 50 });
  expect(asked).toBe(2);
});

it('forgets a server that nobody has asked for long', () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const watch = new EngineWatch();
  const [former, present] = [tika('http://127.0.0.1:1'), tika('http://127.0.0.1:2')];
  watch.note(former, away);
  now = 400_000;
  watch.note(present, away);
  now = 700_000;
  expect(watch.isCalm).toBe(false);
  watch.note(present);
  expect(watch.isCalm).toBe(true);
  watch.note(former, away);
  now = 1_200_000;
  watch.note(former, away);
  now = 1_700_000;
  expect(watch.isCalm).toBe(false);
  now = 1_900_000;
  expect(watch.isCalm).toBe(true);
});
