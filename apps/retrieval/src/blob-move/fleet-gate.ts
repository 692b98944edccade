import { setTimeout as sleep } from 'node:timers/promises';
import { type FleetMember, namesOf } from '@perennial/transport';
import { BlobMoveError } from './blob-move-error';

const LOOK_MS = 500;
/** Between two lines that say for whom it waits. */
const TELL_MS = 5_000;
/** One that was seen behind and is not there any more may have lost Redis only, which forgets all when it starts anew. */
const MISSED_MS = 10_000;
/** They keep or read files. A command that is connected told no version, so it is waited for until it ends. */
const KEEPERS = ['gateway', 'chat', 'retrieval', 'cli'];

export type GateMember = Pick<FleetMember, 'service' | 'instance' | 'state' | 'blobStores'>;

export interface GateFleet {
  read: () => Promise<readonly GateMember[]>;
  /** Tells all processes that there is a new version. It may be lost. */
  announce: (version: number) => Promise<void>;
  /** Who is connected to the database, beside this command. */
  sessions: () => Promise<readonly string[]>;
  /** The name of this process, if it is a command. */
  self: string;
  /** For people, a line each. */
  tell: (line: string) => void;
  /** Ends the waiting. */
  signal?: AbortSignal;
}

/** Holds a migration until every process knows what it needs to know, as one that does not would lose files, or bring deleted ones back. */
export class FleetGate {
  /** Those that keep files, as they were last seen, and when (`performance.now`). */
  private readonly seen = new Map<string, { member: GateMember; at: number }>();

  constructor(
    private readonly fleet: GateFleet,
    private readonly missedMs = MISSED_MS,
  ) {}

  /**
   * @param prints fingerprints of the definitions here, by name
   * @throws BlobMoveError with the names of processes that lack one of the stores, or define it in another way
   */
  async assertDeclared(names: readonly string[], prints: Readonly<Record<string, string>>): Promise<void> {
    const until = performance.now() + this.missedMs;
    for (;;) {
      const members = await this.fleet.read();
      this.keepersOf(members);
      const refusal = await this.refusal(members, names, prints);
      if (refusal === undefined) return;
      // Redis may have been emptied a moment ago, or a process have been too busy to report.
      const mayPass = !members.some(isService) || members.some(({ state }) => state === 'silent');
      if (!mayPass || performance.now() >= until) throw new BlobMoveError(`${refusal} Nothing was changed.`);
      await sleep(LOOK_MS, undefined, { signal: this.fleet.signal });
    }
  }

  private async refusal(
    members: readonly GateMember[],
    names: readonly string[],
    prints: Readonly<Record<string, string>>,
  ): Promise<string | undefined> {
    const hidden = await this.hidden(members);
    if (hidden) return `${hidden} Give it the REDIS_URL and the REDIS_KEY_PREFIX of the services.`;
    const faults = storeFaults(members, names, prints);
    if (faults.length === 0) return undefined;
    return `Not every process has the stores as they are declared here: ${faults.join('; ')}. Give all gateways, chats and retrievals this version and the same BLOB_STORES, and restart them one after another.`;
  }

  /** Waits until every process has applied this version. One that is silent may still write by the former one, so it is waited for, too. */
  async reached(version: number): Promise<void> {
    await this.fleet.announce(version);
    for (let toldAt = 0; ; await sleep(LOOK_MS, undefined, { signal: this.fleet.signal })) {
      const reason = await this.reasonToWait(version);
      if (reason === undefined) return;
      if (performance.now() - toldAt < TELL_MS && toldAt > 0) continue;
      toldAt = performance.now();
      this.fleet.tell(reason);
    }
  }

  private async reasonToWait(version: number): Promise<string | undefined> {
    const members = await this.fleet.read().catch(() => undefined);
    if (members === undefined) return 'Waiting for Redis, which says who runs.';
    const late = this.keepersOf(members).filter(({ blobStores }) => (blobStores?.version ?? -1) < version);
    if (late.length > 0) return `Waiting for processes that do not know of this phase yet: ${namesOf(late)}.`;
    return this.hidden(members);
  }

  /** Those that run, and those that ran a moment ago. */
  private keepersOf(members: readonly GateMember[]): GateMember[] {
    // Only one of that name is this command: another machine may have given its number, too.
    const self = members.findIndex(({ instance }) => instance === this.fleet.self);
    const running = members.filter(
      ({ service, state }, at) => at !== self && state !== 'gone' && KEEPERS.includes(service),
    );
    const now = performance.now();
    for (const member of running) this.seen.set(member.instance, { member, at: now });
    for (const [instance, { at }] of this.seen) if (now - at >= this.missedMs) this.seen.delete(instance);
    const missed = [...this.seen.values()].filter(({ at }) => at < now);
    return [...running, ...missed.map(({ member }) => member)];
  }

  /** Says who uses the database while Redis knows of no service: an empty list is no proof that nobody runs. */
  private async hidden(members: readonly GateMember[]): Promise<string | undefined> {
    if (members.some(isService)) return undefined;
    const sessions = await this.fleet.sessions();
    return sessions.length === 0
      ? undefined
      : `The database is used by ${sessions.join(', ')}, and Redis knows of no service.`;
  }
}

const isService = ({ service, state }: GateMember): boolean => state !== 'gone' && service !== 'cli';

/** What keeps processes from using these stores as one: some lack a store, or define it in another way than `prints` says. */
export function storeFaults(
  fleet: readonly GateMember[],
  names: readonly string[],
  prints: Readonly<Record<string, string>>,
): string[] {
  const services = fleet.filter(
    ({ service, state }) => state !== 'gone' && service !== 'cli' && KEEPERS.includes(service),
  );
  return names.flatMap((name) => {
    const unknown = services.filter(({ blobStores }) => blobStores?.prints[name] === undefined);
    const other = services.filter((one) => !unknown.includes(one) && one.blobStores?.prints[name] !== prints[name]);
    return [
      ...(unknown.length > 0 ? [`${namesOf(unknown)} do not know "${name}"`] : []),
      ...(other.length > 0 ? [`${namesOf(other)} have another definition of "${name}"`] : []),
    ];
  });
}
