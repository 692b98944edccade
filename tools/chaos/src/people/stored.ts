import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from '@perennial/e2e/support/accounts';
import type { Owners } from '@perennial/e2e/support/owners';
import type { Ground } from '../ground/ground';
import type { TurnHistory } from '../record/history';
import { complete } from './turns';

const CALM_MS = 120_000;
/** After this long it is told what is open, and then each time again. */
const TELL_MS = 15_000;
const READ_AT_ONCE = 4;

/** Waits until no run and no title is open, at most two minutes: what is open then is found by the checker. What takes long is told. */
export async function untilSettled(owners: Owners, log: (line: string) => void): Promise<void> {
  const until = Date.now() + CALM_MS;
  let tellAt = Date.now() + TELL_MS;
  for (let open = await owners.open(); open.length > 0 && Date.now() < until; open = await owners.open()) {
    if (Date.now() >= tellAt) {
      open.forEach((line) => log(`  open: ${line}`));
      tellAt += TELL_MS;
    }
    await sleep(250);
  }
}

/** Reads what was stored for every turn, and the provider's counts. */
export async function readStored(
  turns: readonly TurnHistory[],
  accounts: readonly Account[],
  { ground, owners }: { ground: Ground; owners: Owners },
): Promise<void> {
  const byId = new Map(accounts.map((account) => [account.id, account]));
  const { marks } = ground.simulator.stats();
  const ofChat = new Map<string, number>();
  for (const { accepted } of turns)
    if (accepted?.chatId) ofChat.set(accepted.chatId, (ofChat.get(accepted.chatId) ?? 0) + 1);
  const left = [...turns];
  await Promise.all(
    Array.from({ length: READ_AT_ONCE }, async () => {
      for (let turn = left.pop(); turn; turn = left.pop()) {
        const account = byId.get(turn.person);
        if (!account) throw new Error(`turn ${turn.turn} is nobody's`);
        turn.turnsOfChat = ofChat.get(turn.accepted?.chatId ?? '') ?? 1;
        await complete(turn, { baseUrl: ground.baseUrl, account, owners }, marks);
      }
    }),
  );
}
