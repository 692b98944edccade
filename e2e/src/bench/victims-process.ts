import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { openSocket } from './load';
import { Tally } from './tally';
import { TurnUser } from './turn-user';
import { takeTurns } from './turns-in-sequence';
import type { VictimFigures, VictimOptions } from './victims';

/** Between two turns. */
const PAUSE_MS = 2_000;

const [{ baseUrl, accounts, model }] = (await once(process, 'message')) as [VictimOptions];
const users = await Promise.all(
  accounts.map(async (account) => {
    const socket = await openSocket(baseUrl, account);
    return new TurnUser(baseUrl, account, socket, new Agent({ headersTimeout: 60_000 }), model);
  }),
);
process.on('disconnect', () => process.exit());
process.on('message', ({ seconds }: { seconds: number }) => {
  void takeAll(seconds).then((figures) => process.send?.(figures));
});
process.send?.('ready');

/** Each begins at a time of its own. */
async function takeAll(seconds: number): Promise<VictimFigures> {
  const tally = new Tally(seconds);
  await Promise.all(
    users.map(async (user, n) => {
      await sleep((PAUSE_MS * n) / users.length);
      await takeTurns(user, tally, PAUSE_MS);
    }),
  );
  return { figures: tally.figures(), firstTokenP99Ms: tally.firstToken.quantile(0.99) };
}
