import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { closeProviderPools, connectionPool } from './pools';

const warnings: string[] = [];
const note = ({ message }: Error): void => void warnings.push(message);
afterEach(() => {
  process.off('warning', note);
  return closeProviderPools();
});

it('a pool warns of nothing that an operator cannot change, and silences nothing else', async () => {
  process.on('warning', note);
  connectionPool('http://127.0.0.1:1');
  process.emitWarning('of somebody else');
  await setImmediate();
  expect(warnings).toEqual(['of somebody else']);
});
