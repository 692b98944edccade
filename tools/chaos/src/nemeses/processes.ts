import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@perennial/e2e/support/random';
import type { ServiceName } from '@perennial/launcher';
import type { Ground } from '../ground/ground';
import { blockLoop } from '../ground/inspector';
import { MOMENTS } from './moments';
import type { Field, Nemesis } from './nemesis';
import { allReady } from './ready';

/** One process: a service and its number. */
type Victim = readonly [ServiceName, number];

/** Postgres still executes what a process had sent when it was stopped. */
const SENT_MS = 250;
/** Longer than the time after which a worker is taken for dead. */
const LONG_PAUSE_MS = 8_000;

export const PROCESS_NEMESES: readonly Nemesis[] = [
  {
    name: 'kill one',
    weight: 10,
    async apply(field, random) {
      const victim = oneOf(
        field.ground,
        random.pick(services(field.ground).filter((name) => name !== 'gateway')),
        random,
      );
      return kill(field, [victim]);
    },
  },
  {
    name: 'kill a gateway',
    weight: 4,
    apply: (field, random) => kill(field, [oneOf(field.ground, 'gateway', random)]),
  },
  {
    name: 'kill an owner',
    weight: 10,
    async apply(field, random) {
      const moment = random.pick(MOMENTS);
      const any = oneOf(field.ground, 'chat', random);
      const runId = await field.moments.next(moment);
      const owner = runId ? await field.owners.ownerOf(runId) : undefined;
      const [, number] = /^chat-(\d+)/.exec(owner ?? '') ?? [];
      return `${await kill(field, [number === undefined ? any : ['chat', Number(number)]])} at ${moment}`;
    },
  },
  {
    name: 'kill two',
    weight: 4,
    async apply(field, random) {
      const other = random.pick(services(field.ground).filter((name) => name !== 'chat' && name !== 'gateway'));
      return kill(field, [oneOf(field.ground, 'chat', random), oneOf(field.ground, other, random)]);
    },
  },
  {
    name: 'kill all of a service',
    weight: 2,
    async apply(field, random) {
      const service = random.pick(services(field.ground).filter((name) => name !== 'chat'));
      return killAll(field, [service]);
    },
  },
  { name: 'kill all workers', weight: 1, apply: (field) => killAll(field, ['chat']) },
  { name: 'kill everything', weight: 1, apply: (field) => killAll(field, services(field.ground)) },
  {
    name: 'pause one',
    weight: 6,
    async apply(field, random) {
      const [service, instance] = oneOf(field.ground, random.pick(services(field.ground)), random);
      const ms = Math.round(random.between(1_000, 2_500));
      await pause(field, [service, instance], ms);
      return `SIGSTOP ${service}-${instance} for ${ms} ms`;
    },
  },
  {
    name: 'pause a worker for long',
    weight: 2,
    async apply(field, random) {
      const ms = Math.round(random.between(LONG_PAUSE_MS, 10_000));
      const victim = oneOf(
        field.ground,
        random.pick(services(field.ground).filter((name) => name !== 'gateway')),
        random,
      );
      await pause(field, victim, ms);
      return `SIGSTOP ${victim.join('-')} for ${ms} ms`;
    },
  },
  {
    name: 'restart one',
    weight: 4,
    apply(field, random) {
      const service = random.pick(services(field.ground).filter((name) => name !== 'gateway'));
      return restart(field, oneOf(field.ground, service, random));
    },
  },
  {
    name: 'restart a gateway',
    weight: 1,
    apply: (field, random) => restart(field, oneOf(field.ground, 'gateway', random)),
  },
  {
    name: 'block a loop',
    weight: 4,
    async apply(field, random) {
      const [service, instance] = oneOf(field.ground, random.pick(services(field.ground)), random);
      const ms = Math.round(random.between(500, 2_500));
      await blockLoop(field.ground.system.process(service, instance), ms);
      return `the loop of ${service}-${instance} is blocked for ${ms} ms`;
    },
  },
];

/** Services with several replicas. */
function services({ scale }: Ground): ServiceName[] {
  return (Object.keys(scale) as ServiceName[]).filter((service) => scale[service] > 1);
}

function oneOf({ scale }: Ground, service: ServiceName, random: Random): Victim {
  return [service, 1 + Math.floor(random.next() * scale[service])];
}

async function restart({ ground: { system } }: Field, [service, instance]: Victim): Promise<string> {
  const process = system.process(service, instance);
  process.signal('SIGTERM');
  await process.exited;
  await system.ready(service, instance);
  return `SIGTERM ${service}-${instance}`;
}

async function killAll(field: Field, which: readonly ServiceName[]): Promise<string> {
  const { scale } = field.ground;
  const victims = which.flatMap((service) =>
    Array.from({ length: scale[service] }, (_, at) => [service, at + 1] as const),
  );
  await kill(field, victims);
  await allReady(field.ground);
  return `kill -9 all of ${which.join(', ')}`;
}

async function kill({ ground, owners, killed }: Field, victims: readonly Victim[]): Promise<string> {
  const workers = victims.flatMap(([service, instance]) => (service === 'chat' ? [`chat-${instance}`] : []));
  // Quarantine processes hand over when their worker dies: afterwards they own nothing.
  const apart = new Map(await Promise.all(workers.map(async (name) => [name, await owners.ownedApart(name)] as const)));
  const lostAt = Date.now();
  await Promise.all(victims.map(([service, instance]) => ground.system.kill(service, instance)));
  await Promise.all(workers.map((name) => owners.sessionsEnded(name, lostAt)));
  let runs = 0;
  for (const name of workers) {
    // Ownership cannot change after the death, so the list is complete.
    const lost = [...(await owners.ownedBy(name)), ...(apart.get(name) ?? [])];
    owners.lost(lost, lostAt);
    runs += lost.length;
  }
  for (const victim of victims) killed(victim[0]);
  return `kill -9 ${victims.map((victim) => victim.join('-')).join(' and ')}${runs ? ` (${runs} runs)` : ''}`;
}

async function pause({ ground, owners }: Field, [service, instance]: Victim, ms: number): Promise<void> {
  const process = ground.system.process(service, instance);
  process.pause();
  const stoppedAt = Date.now();
  if (service === 'chat' && ms > LONG_PAUSE_MS - 1) {
    await sleep(SENT_MS);
    owners.lost(await owners.ownedBy(`chat-${instance}`), stoppedAt);
  }
  await sleep(Math.max(0, stoppedAt + ms - Date.now()));
  process.cont();
}
