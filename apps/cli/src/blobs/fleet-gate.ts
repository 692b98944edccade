import { setTimeout as sleep } from 'node:timers/promises';
import { type FleetMember, namesOf } from '@perennial/transport';
import { CommandError } from '../failure';

const LOOK_MS = 500;
/** Between two lines that say for whom it waits. */
const TELL_MS = 5_000;
/** They keep or read files. A command that is connected told no version, so it is waited for until it ends. */
const KEEPERS = ['gateway', 'chat', 'retrieval', 'cli'];

export type GateMember = Pick<FleetMember, 'service' | 'instance' | 'state' | 'blobStores'>;

export interface GateFleet {
  read: () => Promise<readonly GateMember[]>;
  /** Tells all processes that there is a new version. It may be lost. */
  announce: (version: number) => Promise<void>;
  /** The name of this process. */
  self: string;
  /** For people, a line each. */
  tell: (line: string) => void;
}

/** Holds a migration until every process knows what it needs to know, as one that does not would lose files, or bring deleted ones back. */
export class FleetGate {
  constructor(private readonly fleet: GateFleet) {}

  /**
   * @param prints fingerprints of the definitions here, by name
   * @throws CommandError with the names of processes that lack one of the stores, or define it in another way
   */
  async assertDeclared(names: readonly string[], prints: Readonly<Record<string, string>>): Promise<void> {
    const faults = storeFaults(await this.fleet.read(), names, prints);
    if (faults.length === 0) return;
    throw new CommandError(
      `Not every process has the stores as this command has them: ${faults.join('; ')}. Give all gateways, chats and retrievals this version and the same BLOB_STORES, and restart them one after another. Nothing was changed.`,
    );
  }

  /** Waits until every process has applied this version. One that is silent may still write by the former one, so it is waited for, too. */
  async reached(version: number): Promise<void> {
    await this.fleet.announce(version);
    for (let toldAt = 0; ; await sleep(LOOK_MS)) {
      const late = await this.keepers().then(
        (members) => members.filter(({ blobStores }) => (blobStores?.version ?? -1) < version),
        () => undefined,
      );
      if (late?.length === 0) return;
      if (performance.now() - toldAt < TELL_MS && toldAt > 0) continue;
      toldAt = performance.now();
      this.fleet.tell(
        late
          ? `Waiting for processes that do not know of this phase yet: ${namesOf(late)}.`
          : 'Waiting for Redis, which says who runs.',
      );
    }
  }

  private async keepers(): Promise<GateMember[]> {
    const members = await this.fleet.read();
    return members.filter(
      ({ service, instance, state }) => state !== 'gone' && instance !== this.fleet.self && KEEPERS.includes(service),
    );
  }
}

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
