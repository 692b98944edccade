import { Command } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { rpcKeys } from '../rpc/wire';
import { RunKeys } from '../runs/keys';
import { Keyspace, TO_ALL } from './keyspace';

const SLOTS = 16_384;
const slotOf = (key: string): number => new Command('get', [key]).getSlot();
const slotsOf = (...keys: string[]): number => new Set(keys.map(slotOf)).size;

describe('keys of a single Redis, also behind sentinels', () => {
  it('are those of the version before: both run beside each other', () => {
    const keyspace = new Keyspace('perennial', false);
    const runs = new RunKeys(keyspace);
    expect(rpcKeys.requests(keyspace.of('chat'), 'chat')).toBe('perennial:rpc:chat');
    expect(runs.stream('7')).toBe('perennial:run:{7}:s');
    expect([runs.gateways, runs.held('g'), runs.live('g'), runs.interest]).toEqual([
      'perennial:gateways',
      'perennial:held:g',
      'perennial:live:g',
      'perennial:interest',
    ]);
  });
});

describe('keys of a Cluster', () => {
  const keyspace = new Keyspace('perennial', true);
  const runs = new RunKeys(keyspace);

  it('that one script uses are in one slot', () => {
    const ofCalls = keyspace.of('chat');
    const calls = [rpcKeys.requests, rpcKeys.queuedBytes, rpcKeys.seals].map((key) => key(ofCalls, 'chat'));
    expect(slotsOf(...calls)).toBe(1);
    expect(slotsOf(runs.stream('one'), runs.meta('one'))).toBe(1);
    expect(slotsOf(runs.gateways, runs.held('a'), runs.held('b'))).toBe(1);
    expect(slotsOf(rpcKeys.cancels(keyspace.of(TO_ALL), 'chat'), runs.interest)).toBe(1);
  });

  it('of one lane are in one slot, and the lanes are spread over the servers', () => {
    const lanes = new Map<string, number>();
    for (let run = 0; run < 5_000; run += 1) {
      const slot = slotOf(runs.stream(`run-${run}`));
      const lane = keyspace.of(`run-${run}`);
      expect(lanes.get(lane) ?? slot).toBe(slot);
      lanes.set(lane, slot);
    }
    expect(lanes.size).toBe(64);
    const servers = [0, 0, 0];
    for (const slot of lanes.values()) servers[Math.floor((3 * slot) / SLOTS)]! += 1;
    for (const share of servers) expect(share).toBeGreaterThan(15);
  });
});
