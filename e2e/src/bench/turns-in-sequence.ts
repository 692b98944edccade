import { setTimeout as sleep } from 'node:timers/promises';
import type { Tally } from './tally';
import type { TurnUser } from './turn-user';

/** A page that was refused tries again after this, as `Retry-After` says. */
const RETRY_MS = 1_000;

/** A user's turns, one after another, until the time is over; a refused one is repeated and counts from its first try. */
export async function takeTurns(user: TurnUser, tally: Tally, pauseMs: number): Promise<Tally> {
  while (!tally.isOver) {
    const from = Date.now();
    for (;;) {
      const { status } = await tally.count(user.turn(), Date.now() - from);
      if (status === 200 || tally.isOver) break;
      await sleep(RETRY_MS);
    }
    await sleep(pauseMs);
  }
  return tally;
}
