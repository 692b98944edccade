import type { Redis } from 'ioredis';
import { version } from '../../package.json';

/** A process that is connected to Redis. */
export interface FleetMember {
  service: string;
  /** Name of the replica. */
  instance: string;
  version: string;
  /** Where its connection comes from. */
  address: string;
  /** Seconds since it connected. */
  connectedS: number;
}

const LABEL = 'commands';

/**
 * The label of a process's connection for commands: it publishes service and version for as long as the process lives, and needs neither a
 * key nor a sweeper.
 */
export function memberLabel(keyPrefix: string, service: string): string {
  return [LABEL, keyPrefix, service, version].join(':');
}

/** All processes of one installation, by service and name. Those of a version that published nothing are not in it. */
export async function readFleet(redis: Redis, keyPrefix: string): Promise<FleetMember[]> {
  const clients = String(await redis.call('CLIENT', 'LIST', 'TYPE', 'normal'));
  return clients
    .split('\n')
    .flatMap((line) => memberFrom(line, keyPrefix) ?? [])
    .sort((a, b) => a.service.localeCompare(b.service) || a.instance.localeCompare(b.instance));
}

/** Those that are older than a version (`1.2.3`): what it introduced, or no longer uses, they do not know. */
export function olderThan(version: string, members: readonly FleetMember[]): FleetMember[] {
  const wanted = version.split('.').map(Number);
  return members.filter((member) => {
    const parts = member.version.split('.').map((part) => Number.parseInt(part, 10));
    const at = wanted.findIndex((part, index) => part !== (parts[index] ?? 0));
    return at >= 0 && (parts[at] ?? 0) < (wanted[at] ?? 0);
  });
}

function memberFrom(line: string, keyPrefix: string): FleetMember | undefined {
  const fields = new Map(line.split(' ').map((field): [string, string] => splitAt(field, '=')));
  const [instance, published] = splitAt(fields.get('name') ?? '', `:${LABEL}:${keyPrefix}:`);
  const [service, release] = splitAt(published, ':');
  if (service === '' || release === '') return undefined;
  return {
    service,
    instance,
    version: release,
    address: fields.get('addr') ?? '',
    connectedS: Number(fields.get('age') ?? 0),
  };
}

/** The text before and after the first occurrence of a separator; nothing after it where there is none. */
function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
