import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningSystem, ServiceName } from '@perennial/launcher';
import { Redis } from 'ioredis';
import type { Outage } from './history';
import type { Owners } from './owners';
import type { Random } from './random';

/** The moments of a turn at which a kill is most critical. */
export type Moment = 'accepted' | 'first-token' | 'near-end';

type Disruption =
  | { kind: 'kill'; service: ServiceName }
  | { kind: 'kill-owner'; at: Moment }
  | { kind: 'kill-two'; other: ServiceName }
  | { kind: 'kill-all'; service: ServiceName }
  | { kind: 'pause-worker' }
  | { kind: 'redis-restarts-empty' }
  | { kind: 'redis-is-emptied' }
  | { kind: 'redis-is-full' }
  | { kind: 'postgres-restarts' };

export interface ChaosOptions {
  system: RunningSystem;
  owners: Owners;
  random: Random;
  scale: Readonly<Partial<Record<ServiceName, number>>>;
  kills: number;
  log: (line: string) => void;
}

const PAUSE_MS = 8_000;
/** Postgres still executes what a process had sent when it was stopped. */
const SENT_MS = 250;
const GAP_MS = { low: 1_000, high: 3_000 };
const MOMENT_WAIT_MS = 5_000;
const FULL_MS = 5_000;
/** A connection to a killed gateway breaks at once. */
const BROKEN_MS = 1_000;
/** A call that a store lost, or that no replica could take, is answered at its deadline. */
const DEADLINE_MS = 6_000;

/**
 * Runs a seeded plan of faults against a running system: kills of every service, of two processes at once, of all workers and of all replicas
 * of another service; one worker paused for 8 s; Redis restarted empty, emptied and filled; Postgres restarted. Faults that requests may
 * notice are in `outages`; one process of several is not an outage.
 */
export class Chaos {
  kills = 0;
  readonly killsByService: Record<string, number> = {};
  readonly outages: Outage[] = [];
  private waiting: { moment: Moment; tell: (runId: string) => void } | undefined;

  constructor(private readonly options: ChaosOptions) {}

  /** Turns report their moments; a fault that waits for one takes the first. */
  reached(moment: Moment, runId: string): void {
    if (this.waiting?.moment === moment) this.waiting.tell(runId);
  }

  /** Runs the whole plan; resolves when it is done. */
  async run(): Promise<void> {
    for (const fault of this.plan()) {
      await sleep(this.options.random.between(GAP_MS.low, GAP_MS.high));
      await this.apply(fault);
    }
  }

  private plan(): Disruption[] {
    const { random, kills, scale } = this.options;
    const services = (Object.keys(scale) as ServiceName[]).filter((service) => (scale[service] ?? 1) > 1);
    const moments: Moment[] = ['accepted', 'first-token', 'near-end'];
    const faults: Disruption[] = Array.from({ length: kills }, (_, i) =>
      i % 2 === 0
        ? { kind: 'kill-owner', at: moments[(i / 2) % moments.length] as Moment }
        : { kind: 'kill', service: services[((i - 1) / 2) % services.length] as ServiceName },
    );
    const others = services.filter((service) => service !== 'chat');
    const rest: Disruption[] = [
      { kind: 'kill-two', other: random.pick(others) },
      { kind: 'kill-all', service: 'chat' },
      { kind: 'kill-all', service: random.pick(others) },
      { kind: 'pause-worker' },
      { kind: 'redis-restarts-empty' },
      { kind: 'redis-is-emptied' },
      { kind: 'redis-is-full' },
      { kind: 'postgres-restarts' },
    ];
    return random.shuffle([...faults, ...rest]);
  }

  private async apply(fault: Disruption): Promise<void> {
    const { system, owners, log } = this.options;
    switch (fault.kind) {
      case 'kill':
        return this.kill([[fault.service, this.anyInstance(fault.service)]]);
      case 'kill-owner': {
        const runId = await this.moment(fault.at);
        const owner = runId ? await owners.ownerOf(runId) : undefined;
        return this.kill([['chat', owner ? instanceNumber(owner) : this.anyInstance('chat')]], fault.at);
      }
      case 'kill-two':
        return this.kill([
          ['chat', this.anyInstance('chat')],
          [fault.other, this.anyInstance(fault.other)],
        ]);
      case 'kill-all':
        return this.killAll(fault.service);
      case 'pause-worker':
        return this.pauseWorker();
      case 'redis-restarts-empty':
        return this.outage('Redis restarts empty', () => system.restartRedisEmpty());
      case 'redis-is-emptied':
        return this.outage('Redis is emptied', () => this.redis((redis) => redis.flushall()));
      case 'redis-is-full':
        return this.outage('Redis is full', () =>
          this.redis(async (redis) => {
            await redis.config('SET', 'maxmemory', '1');
            await sleep(FULL_MS);
            await redis.config('SET', 'maxmemory', '0');
          }),
        );
      case 'postgres-restarts':
        return this.outage('Postgres restarts', () => system.restartPostgres());
      default:
        log(`no such fault: ${JSON.stringify(fault satisfies never)}`);
    }
  }

  private anyInstance(service: ServiceName): number {
    return 1 + Math.floor(this.options.random.next() * (this.options.scale[service] ?? 1));
  }

  private moment(moment: Moment): Promise<string | undefined> {
    return new Promise((resolve) => {
      const give = setTimeout(() => resolve(undefined), MOMENT_WAIT_MS);
      this.waiting = {
        moment,
        tell: (runId) => {
          this.waiting = undefined;
          clearTimeout(give);
          resolve(runId);
        },
      };
    });
  }

  /** Kills one replica of several, of one service or of two at once: only clients of a killed gateway may notice. */
  private async kill(victims: readonly [ServiceName, number][], when = 'any moment'): Promise<void> {
    for (const [service] of victims) await this.allReady(service);
    const lostAt = Date.now();
    await this.die(victims, when);
    if (victims.some(([service]) => service === 'gateway')) {
      this.outages.push({ what: 'gateway killed', from: lostAt, to: lostAt + BROKEN_MS, stopsTakeOvers: false });
    }
  }

  /** Kills every replica of a service: requests to it wait or fail, and work again afterwards. */
  private async killAll(service: ServiceName): Promise<void> {
    await this.allReady(service);
    const victims = Array.from(
      { length: this.options.scale[service] ?? 1 },
      (_, i) => [service, i + 1] as [ServiceName, number],
    );
    const from = Date.now();
    await this.die(victims, 'once');
    await this.allReady(service);
    this.outages.push({
      what: `all of ${service} killed`,
      from,
      to: Date.now() + DEADLINE_MS,
      stopsTakeOvers: service === 'chat',
    });
  }

  private async allReady(service: ServiceName): Promise<void> {
    const { system, scale } = this.options;
    for (let instance = 1; instance <= (scale[service] ?? 1); instance += 1) await system.ready(service, instance);
  }

  private async die(victims: readonly [ServiceName, number][], when: string): Promise<void> {
    const { system, owners, log } = this.options;
    const workers = victims.flatMap(([service, instance]) => (service === 'chat' ? [`chat-${instance}`] : []));
    // Quarantine processes hand over when their worker dies: afterwards they own nothing.
    const apart = new Map(
      await Promise.all(workers.map(async (name) => [name, await owners.ownedApart(name)] as const)),
    );
    const lostAt = Date.now();
    await Promise.all(victims.map(([service, instance]) => system.kill(service, instance)));
    await Promise.all(workers.map((name) => owners.sessionsEnded(name, lostAt)));
    for (const [service, instance] of victims) {
      this.kills += 1;
      this.killsByService[service] = (this.killsByService[service] ?? 0) + 1;
      const name = `${service}-${instance}`;
      // Ownership cannot change after the death, so the list is complete.
      const runs = service === 'chat' ? [...(await owners.ownedBy(name)), ...(apart.get(name) ?? [])] : [];
      owners.lost(runs, lostAt);
      log(`kill -9 ${service}-${instance} at ${when}${runs.length ? `: ${runs.length} runs lost their owner` : ''}`);
    }
  }

  private async redis(work: (redis: Redis) => Promise<unknown>): Promise<void> {
    const redis = new Redis(this.options.system.redisUrl);
    try {
      await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  private async pauseWorker(): Promise<void> {
    const { system, owners, log } = this.options;
    const instance = this.anyInstance('chat');
    await system.ready('chat', instance);
    const process = system.process('chat', instance);
    process.pause();
    const stoppedAt = Date.now();
    await sleep(SENT_MS);
    const runs = await owners.ownedBy(`chat-${instance}`);
    owners.lost(runs, stoppedAt);
    log(`stop chat-${instance} for ${PAUSE_MS / 1000} s: ${runs.length} runs lose their owner`);
    await sleep(PAUSE_MS);
    process.cont();
  }

  private async outage(what: string, action: () => Promise<void>): Promise<void> {
    const from = Date.now();
    await action();
    this.outages.push({ what, from, to: Date.now() + DEADLINE_MS, stopsTakeOvers: true });
    this.options.log(`${what}: ${Date.now() - from} ms`);
  }
}

function instanceNumber(name: string): number {
  return Number(/^chat-(\d+)/.exec(name)?.[1]);
}
