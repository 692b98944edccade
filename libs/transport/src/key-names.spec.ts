import { readDataPage } from '@perennial/testing';
import { expect, it } from 'vitest';
import { Keyspace } from './redis';
import { rpcKeys } from './rpc/wire';
import { RunKeys } from './runs/keys';

it('the page about data names every key and channel, also those that are seldom there', async () => {
  const runs = new RunKeys(new Keyspace('p', false));
  const ofRuns = Object.entries(Object.getOwnPropertyDescriptors(RunKeys.prototype))
    .filter(([name]) => name !== 'constructor')
    .map(([, { value, get }]) => String((value ?? get).call(runs, 'one')));
  const ofCalls = Object.values(rpcKeys).map((key) => key('p', 'one'));
  const page = await readDataPage();
  expect(ofRuns.length).toBeGreaterThan(4);
  expect(page.unnamedKeys([...ofRuns, ...ofCalls], 'p')).toEqual([]);
  expect(page.unnamedKeys(['p:rpc', 'p:rpc:one:other', 'other:rpc:one'], 'p')).toHaveLength(3);
});
