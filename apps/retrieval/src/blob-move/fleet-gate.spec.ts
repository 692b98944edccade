import { expect, it } from 'vitest';
import { FleetGate, type GateMember } from './fleet-gate';

const PRINTS = { default: 'd', cloud: 'c' };
const member = (instance: string, change: Partial<GateMember> = {}): GateMember => ({
  service: instance.replace(/-.*/, ''),
  instance,
  state: 'ready',
  blobStores: { version: 1, prints: PRINTS },
  ...change,
});
const gateOf = (
  read: () => Promise<GateMember[]>,
  told: string[] = [],
  sessions: () => string[] = () => [],
  missedMs = 60_000,
) =>
  new FleetGate(
    {
      read,
      announce: () => Promise.resolve(),
      sessions: () => Promise.resolve(sessions()),
      self: 'cli-1',
      tell: (line) => told.push(line),
    },
    missedMs,
  );

it('is passed when all that keep files have the stores; others have nothing to say', async () => {
  const fleet = [
    member('gateway-1'),
    member('auth-1', { blobStores: null }),
    member('cli-1', { blobStores: null }),
    member('chat-1', { state: 'gone', blobStores: null }),
  ];
  const gate = gateOf(() => Promise.resolve(fleet));
  await gate.assertDeclared(['default', 'cloud'], PRINTS);
  await gate.reached(1);
});

it.each([
  ['of the version before', { blobStores: null }, /chat-1 do not know "default"; chat-1 do not know "cloud"/],
  ['that lacks a store', { blobStores: { version: 1, prints: { default: 'd' } } }, /chat-1 do not know "cloud"/],
  ['that is paused', { state: 'silent', blobStores: null }, /chat-1 \(silent\) do not know/],
  [
    'with another bucket',
    { blobStores: { version: 1, prints: { ...PRINTS, cloud: 'x' } } },
    /chat-1 have another definition of "cloud"/,
  ],
])('a process %s is named, and nothing begins', async (_, change, sentence) => {
  const gate = gateOf(
    () => Promise.resolve([member('gateway-1'), member('chat-1', change)]),
    [],
    () => [],
    1,
  );
  await expect(gate.assertDeclared(['default', 'cloud'], PRINTS)).rejects.toThrow(sentence);
});

it('waits for a process that has not seen the phase, one that is silent, and Redis, and says so', async () => {
  const told: string[] = [];
  const seen = member('gateway-1', { blobStores: { version: 2, prints: PRINTS } });
  const readings = [
    () => Promise.resolve([seen, member('chat-1', { state: 'silent' }), member('cli-7', { blobStores: null })]),
    () => Promise.reject(new Error('Redis is away')),
    () => Promise.resolve([seen]),
  ];
  await gateOf(
    () => readings.shift()!(),
    told,
    () => [],
    1,
  ).reached(2);
  expect(readings).toEqual([]);
  expect(told).toEqual(['Waiting for processes that do not know of this phase yet: chat-1 (silent), cli-7.']);
});

it('does not take an empty Redis, or another one, for an installation without processes', async () => {
  const told: string[] = [];
  const elsewhere = gateOf(
    () => Promise.resolve([member('cli-1', { blobStores: null })]),
    told,
    () => ['chat-1'],
    1,
  );
  await expect(elsewhere.assertDeclared(['default'], PRINTS)).rejects.toThrow(
    /used by chat-1, and Redis knows of no service.*REDIS_KEY_PREFIX/,
  );
  let looks = 0;
  const stopping = gateOf(
    () => Promise.resolve([]),
    told,
    () => (++looks === 1 ? ['chat-1'] : []),
  );
  await stopping.reached(2);
  expect({ looks, told }).toEqual({ looks: 2, told: [expect.stringContaining('used by chat-1')] });
});

it('looks again before it refuses: Redis was emptied, or a process is too busy to report', async () => {
  const late = member('chat-1', { state: 'silent', blobStores: null });
  const readings = [[], [member('gateway-1'), late], [member('gateway-1'), member('chat-1')]];
  const gate = gateOf(
    () => Promise.resolve(readings.shift()!),
    [],
    () => ['chat-1'],
  );
  await gate.assertDeclared(['default', 'cloud'], PRINTS);
  expect(readings).toEqual([]);
});

it('waits for a process that Redis has forgotten, and a while for one that has ended', async () => {
  const chat = (version: number) => [member('chat-1', { blobStores: { version, prints: PRINTS } })];
  const readings = [chat(1), [], [member('gateway-1', { blobStores: { version: 2, prints: PRINTS } })], chat(2)];
  const read = () => Promise.resolve(readings.shift() ?? []);
  const gate = gateOf(read);
  await gate.assertDeclared(['default'], PRINTS);
  await gate.reached(2);
  expect(readings).toEqual([]);
  readings.push(chat(1));
  const patient = gateOf(read, [], () => [], 600);
  await patient.assertDeclared(['default'], PRINTS);
  await patient.reached(2);
});

it('waits for another command of the same name, on another machine', async () => {
  const cli = member('cli-1', { blobStores: null });
  const readings = [[cli, cli], [cli]];
  const gate = gateOf(
    () => Promise.resolve(readings.shift() ?? [cli]),
    [],
    () => [],
    1,
  );
  await gate.reached(2);
  expect(readings).toEqual([]);
});
