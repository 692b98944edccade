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
const gateOf = (read: () => Promise<GateMember[]>, told: string[] = []) =>
  new FleetGate({ read, announce: () => Promise.resolve(), self: 'cli-1', tell: (line) => told.push(line) });

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
  const gate = gateOf(() => Promise.resolve([member('gateway-1'), member('chat-1', change)]));
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
  await gateOf(() => readings.shift()!(), told).reached(2);
  expect(readings).toEqual([]);
  expect(told).toEqual(['Waiting for processes that do not know of this phase yet: chat-1 (silent), cli-7.']);
});
