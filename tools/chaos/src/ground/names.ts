import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardDirectory, runToEnd } from '@perennial/testing/servers';
import { NameServer, type NameTrouble } from './name-server';

/** No name of the world ends so. */
const DOMAIN = 'perennial.test';

/**
 * Names for the addresses that services connect to. Each service asks a name server of the suite, because its mount namespace has another
 * `/etc/resolv.conf`: so names are looked up as in production, by the system's resolver, in the few threads that Node has for it.
 */
export class Names {
  private readonly known = new Set<string>();

  private constructor(
    private readonly server: NameServer,
    /** The command under which a process uses these names; it becomes that process. */
    readonly under: readonly string[],
  ) {}

  /** @throws unless this is root, may mount, and the system's resolver asks name servers */
  static async start(): Promise<Names> {
    // An address of its own for each run: a resolver asks port 53 only.
    const address = `127.83.${(process.pid >> 8) & 255}.${process.pid & 255}`;
    const directory = mkdtempSync(join(tmpdir(), 'perennial-names-'));
    guardDirectory(directory);
    const file = join(directory, 'resolv.conf');
    writeFileSync(file, `nameserver ${address}\n`);
    const names = new Names(await NameServer.listen(address, DOMAIN), [
      ...['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', file],
    ]);
    try {
      const [command = '', ...args] = names.under;
      await runToEnd({ name: 'getent', command, args: [...args, 'getent', 'ahostsv4', `known.${DOMAIN}`] });
    } catch (error) {
      names.stop();
      throw error;
    }
    return names;
  }

  /** The URL with a name for its address. */
  named(name: string, url: string): string {
    const address = new URL(url);
    address.hostname = hostOf(name);
    this.known.add(name);
    return address.href.replace(/\/$/, url.endsWith('/') ? '/' : '');
  }

  /** Names are found late, or not at all, until the returned function is called. */
  disturb(matches: (name: string) => boolean, trouble: NameTrouble): () => void {
    return this.server.disturb([...this.known].filter(matches).map(hostOf), trouble);
  }

  stop(): void {
    this.server.close();
  }
}

function hostOf(name: string): string {
  return `${name.replaceAll(' ', '-')}.${DOMAIN}`;
}
