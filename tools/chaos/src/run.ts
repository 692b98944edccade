import { type Account, addContinuingConnection, addUsers, signUpAdmin } from '@perennial/e2e/support/accounts';
import { Owners } from '@perennial/e2e/support/owners';
import { Random } from '@perennial/e2e/support/random';
import type { Ground } from './ground/ground';
import { NEMESES } from './nemeses/all';
import { Campaign } from './nemeses/campaign';
import { Moments } from './nemeses/moments';
import { plan } from './nemeses/plan';
import { Administrator } from './people/administrator';
import { CONTINUING_PREFIX, writingModels } from './people/models';
import { Person } from './people/person';
import { readStored, untilSettled } from './people/stored';
import type { History, LostTail } from './record/history';
import { OPERATOR, Recorder } from './record/recorder';

/** Text per turn: short ones for many turns, long ones for many faults in one turn. */
const UPSTREAMS = [
  { upstream: 'sim-t40-r30-x', tokens: 40 },
  { upstream: 'sim-t120-r40-x', tokens: 120 },
  { upstream: 'sim-t240-r40-x', tokens: 240 },
];
const PROGRESS_MS = 10_000;
/** Often enough for runs that are deleted ten minutes after their end, also when the database is away now and then. */
const OUTCOMES_MS = 60_000;

/** The models of the provider. */
export const CHAOS_MODELS = UPSTREAMS.map(({ upstream }) => upstream);

export interface RunOptions {
  seed: number;
  minutes: number;
  people: number;
  /** Names of the kinds of faults; undefined: all. */
  kinds?: readonly string[] | undefined;
  only?: readonly number[] | undefined;
  log: (line: string) => void;
}

/** Lets people work while faults happen, waits until everything has settled, and returns the record. */
export async function runChaos(ground: Ground, options: RunOptions): Promise<History> {
  const { seed, minutes, log } = options;
  const { baseUrl, system } = ground;
  const random = new Random(seed);
  const recorder = new Recorder();
  const moments = new Moments();
  const owners = new Owners(() => ground.stores.postgres.primaryUrl);
  const admin = await signUpAdmin(baseUrl);
  await addContinuingConnection(baseUrl, admin, ground.providerUrl, CONTINUING_PREFIX);
  const [guest, ...accounts] = (await addUsers(baseUrl, admin, options.people + 1)) as [Account, ...Account[]];
  const models = UPSTREAMS.flatMap(({ upstream, tokens }) => writingModels(upstream, tokens));
  const people = accounts.map(
    (account) => new Person({ baseUrl, account, models, moments, recorder, random: random.fork() }),
  );
  await Promise.all(people.map((person) => person.connected()));
  const administrator = new Administrator({
    ...{ baseUrl, admin, recorder, random: random.fork(), gateways: system.gateways },
    guest: { id: guest.id, email: 'user0@example.com' },
  });

  const startedAt = Date.now();
  const lostTails: LostTail[] = [];
  const campaign = new Campaign(log, (from, what) => recorder.complain(OPERATOR, from, what));
  const nemeses = NEMESES.filter(({ name, missing }) => (options.kinds?.includes(name) ?? true) && !missing?.(ground));
  const until = options.only ? Infinity : startedAt + minutes * 60_000;
  const progress = setInterval(() => {
    const { begun, requests, failedRequests, complaints } = recorder;
    log(
      `${begun} turns, ${campaign.faults.length} faults, ${requests} requests, ${failedRequests.length} failed, ${complaints.length} complaints`,
    );
  }, PROGRESS_MS);
  const outcomes = setInterval(() => {
    const over = recorder.turns.flatMap(({ accepted, to }) => (accepted && to > 0 ? [accepted.runId] : []));
    void owners.keepOutcomes(over).catch(() => undefined);
  }, OUTCOMES_MS);
  const working = [...people.map((person) => person.work()), administrator.work()];
  try {
    const forgot = (tail: LostTail): void => void lostTails.push(tail);
    const field = { ground, owners, moments, killed: () => undefined, forgot };
    await campaign.run(plan(seed, nemeses, options.only), field, until);
  } finally {
    people.forEach((person) => person.stop());
    administrator.stop();
    await Promise.all(working);
    clearInterval(progress);
    clearInterval(outcomes);
  }
  const endedAt = Date.now();
  log('the faults are over; waiting until everything has settled');
  await untilSettled(owners, log);
  await readStored(recorder.turns, accounts, { ground, owners });
  people.forEach((person) => person.close());
  await owners.close();
  const { turns, requests, failedRequests, revocations, complaints, uploads, writes, reads } = recorder;
  return {
    ...{ seed, startedAt, endedAt, turns, requests, failedRequests, revocations, complaints, uploads },
    ...{ takeOvers: owners.takeOvers, faults: campaign.faults, outages: campaign.outages, lostTails },
    settings: { writes, reads },
  };
}
