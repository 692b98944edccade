import { setTimeout as sleep } from 'node:timers/promises';
import { routes } from '@perennial/contracts-gateway';
import type { Account } from '@perennial/e2e/support/accounts';
import { http } from '@perennial/e2e/support/http';
import { readRun } from '@perennial/e2e/support/sse-reader';
import { newTurn, sendTurn, type SentTurn } from '@perennial/e2e/support/turn';
import type { Simulator } from '@perennial/provider-simulator';

export interface StopFigures {
  stopped: number;
  /** From the first Stop to the last notified reader, and to the last aborted provider request. */
  told_ms: number;
  aborted_ms: number;
}

/** An answer that is too long to end by itself. */
export const STOPPED_MODEL = 'sim-t3000-r30-x';
const WRITING_FOR_MS = 2_000;
const LIMIT_MS = 10_000;

/** Starts a long answer for each account through one gateway, presses Stop on all of them through the other, and measures. */
export async function stopAll(gateways: string[], accounts: Account[], simulator: Simulator): Promise<StopFigures> {
  const [here, there] = [gateways[0] as string, gateways.at(-1) as string];
  const turns = await Promise.all(
    accounts.map(async (account) => ({
      account,
      sent: await sendTurn(here, account, newTurn(STOPPED_MODEL, `stop ${account.id}`, 'stop')),
    })),
  );
  let stopped = 0;
  let toldAt = 0;
  const readers = turns.map(({ account, sent }) =>
    readRun(
      here,
      account.token,
      sent.runId,
      (event) => {
        if (event.kind !== 'end') return;
        toldAt = Date.now();
        if (event.state === 'cancelled') stopped += 1;
      },
      AbortSignal.timeout(WRITING_FOR_MS + 2 * LIMIT_MS),
    ),
  );
  const deadline = Date.now() + LIMIT_MS;
  while (simulator.stats().active < turns.length && Date.now() < deadline) await sleep(5);
  await sleep(WRITING_FOR_MS);
  if (simulator.stats().active !== turns.length)
    throw new Error(`${simulator.stats().active} of ${turns.length} answers were being written before Stop`);
  const pressedAt = Date.now();
  const abortedAt = idle(simulator);
  await Promise.all(turns.map(({ account, sent }) => pressStop(there, account, sent)));
  await Promise.all(readers);
  return { stopped, told_ms: toldAt - pressedAt, aborted_ms: (await abortedAt) - pressedAt };
}

async function pressStop(gateway: string, account: Account, { chatId }: SentTurn): Promise<void> {
  const reply = await http('POST', gateway + routes.tasks.stopAll.path.replace(':id', chatId), {
    token: account.token,
  });
  if (reply.status !== 200) throw new Error(`Stop was answered ${reply.status}`);
}

async function idle(simulator: Simulator): Promise<number> {
  const deadline = Date.now() + LIMIT_MS;
  while (simulator.stats().active > 0 && Date.now() < deadline) await sleep(5);
  return Date.now();
}
