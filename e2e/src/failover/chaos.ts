import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningSystem, ServiceName } from '@perennial/launcher';
import type { Outage } from './history';
import type { Owners } from './owners';
import type { Random } from './random';

/** A moment of a turn at which a kill hurts most. */
export type Moment = 'accepted' | 'first-token' | 'near-end';

type Fault =
  | { kind: 'kill'; service: ServiceName }
  | { kind: 'kill-owner'; at: Moment }
  | { kind: 'pause-worker' }
  | { kind: 'redis-empty' }
  | { kind: 'postgres-restart' };

export interface ChaosOptions {
  system: RunningSystem;
  owners: Owners;
  random: Random;
  scale: Readonly<Partial<Record<ServiceName, number>>>;
  kills: number;
  log: (line: string) => void;
}

const PAUSE_MS = 8_000;
const GAP_MS = { low: 1_000, high: 3_000 };
const MOMENT_WAIT_MS = 5_000;

/** Hurts a running system by a seeded plan: kills of every kind of service, one worker stopped for 8 s, Redis emptied, Postgres restarted. */
export class Chaos {
  kills = 0;
  readonly killsByService: Record<string, number> = {};
  readonly outages: Outage[] = [];
  #waiting: { moment: Moment; tell: (runId: string) => void } | undefined;

  constructor(private readonly options: ChaosOptions) {}

  /** Turns report their moments; a fault that waits for one takes the first that comes. */
  reached(moment: Moment, runId: string): void {
    if (this.#waiting?.moment === moment) this.#waiting.tell(runId);
  }

  /** Carries out the whole plan; resolves when it is done. */
  async run(): Promise<void> {
    for (const fault of this.#plan()) {
      await sleep(this.options.random.between(GAP_MS.low, GAP_MS.high));
      await this.#apply(fault);
    }
  }

  #plan(): Fault[] {
    const { random, kills, scale } = this.options;
    const services = (Object.keys(scale) as ServiceName[]).filter((service) => (scale[service] ?? 1) > 1);
    const moments: Moment[] = ['accepted', 'first-token', 'near-end'];
    const faults: Fault[] = Array.from({ length: kills }, (_, i) =>
      i % 2 === 0
        ? { kind: 'kill-owner', at: moments[(i / 2) % moments.length] as Moment }
        : { kind: 'kill', service: services[((i - 1) / 2) % services.length] as ServiceName },
    );
    const rest: Fault[] = [{ kind: 'pause-worker' }, { kind: 'redis-empty' }, { kind: 'postgres-restart' }];
    return random.shuffle([...faults, ...rest]);
  }

  async #apply(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'kill':
        return this.#kill(fault.service, this.#anyInstance(fault.service));
      case 'kill-owner': {
        const runId = await this.#moment(fault.at);
        const owner = runId ? await this.options.owners.ownerOf(runId) : undefined;
        return this.#kill('chat', owner ? instanceNumber(owner) : this.#anyInstance('chat'), fault.at);
      }
      case 'pause-worker':
        return this.#pauseWorker();
      case 'redis-empty':
        return this.#outage('redis', () => this.options.system.restartRedisEmpty());
      case 'postgres-restart':
        return this.#outage('postgres', () => this.options.system.restartPostgres());
    }
  }

  #anyInstance(service: ServiceName): number {
    return 1 + Math.floor(this.options.random.next() * (this.options.scale[service] ?? 1));
  }

  #moment(moment: Moment): Promise<string | undefined> {
    return new Promise((resolve) => {
      const give = setTimeout(() => resolve(undefined), MOMENT_WAIT_MS);
      this.#waiting = {
        moment,
        tell: (runId) => {
          this.#waiting = undefined;
          clearTimeout(give);
          resolve(runId);
        },
      };
    });
  }

  /** Kills one replica of several, once all of that service are up: the promise is for the death of a process, not of all of them. */
  async #kill(service: ServiceName, instance: number, when = 'any moment'): Promise<void> {
    const { system, owners, scale, log } = this.options;
    for (let other = 1; other <= (scale[service] ?? 1); other += 1) await system.ready(service, other);
    const lostAt = Date.now();
    const killed = system.kill(service, instance);
    this.kills += 1;
    this.killsByService[service] = (this.killsByService[service] ?? 0) + 1;
    await killed;
    // The dead own what they own: what is read after the death is complete.
    const runs = service === 'chat' ? await owners.ownedBy(`chat-${instance}`) : [];
    owners.lost(runs, lostAt);
    log(`kill -9 ${service}-${instance} at ${when}${runs.length ? `: ${runs.length} runs lost their owner` : ''}`);
  }

  async #pauseWorker(): Promise<void> {
    const { system, owners, log } = this.options;
    const instance = this.#anyInstance('chat');
    await system.ready('chat', instance);
    const process = system.process('chat', instance);
    process.pause();
    const stoppedAt = Date.now();
    const runs = await owners.ownedBy(`chat-${instance}`);
    owners.lost(runs, stoppedAt);
    log(`stop chat-${instance} for ${PAUSE_MS / 1000} s: ${runs.length} runs lose their owner`);
    await sleep(PAUSE_MS);
    process.cont();
  }

  async #outage(what: Outage['what'], action: () => Promise<void>): Promise<void> {
    const from = Date.now();
    await action();
    this.outages.push({ what, from, to: Date.now() });
    this.options.log(`${what} restarted${what === 'redis' ? ' empty' : ''} in ${Date.now() - from} ms`);
  }
}

function instanceNumber(name: string): number {
  return Number(name.slice(name.lastIndexOf('-') + 1));
}
