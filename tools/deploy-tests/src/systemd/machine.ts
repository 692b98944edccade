import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '@perennial/launcher';
import { guardDirectory, waitFor } from '@perennial/testing/servers';
import { type Engine, nodeOfImages } from '../images/engine';
import { Relay } from './relay';

/** Where the repository is on the machine. */
const CLONE = '/srv/perennial';
/** Where both sides have the sockets of their relays. */
const SOCKETS = '/srv/sockets';

/**
 * A machine whose first process is systemd: a container over the files of this machine, which it changes only for itself. Its network is its
 * own, and has no way out but by relays.
 */
export class Machine {
  private readonly sockets = mkdtempSync(join(tmpdir(), 'perennial-machine-'));
  private readonly relays: Relay[] = [];

  private constructor(
    private readonly engine: Engine,
    private readonly name: string,
  ) {
    guardDirectory(this.sockets);
  }

  static async start(engine: Engine): Promise<Machine> {
    const machine = new Machine(engine, `perennial-machine-${process.pid}`);
    const empty = ['/tmp', '/run', '/run/lock', '/var/log/journal'];
    const volumes = [`${ROOT}:${CLONE}`, `${machine.sockets}:${SOCKETS}`, `${await nodeOfImages()}:/usr/bin/node:ro`];
    const options = [
      ...['--detach', `--name=${machine.name}`, '--hostname=machine', '--network=none', '--systemd=always'],
      // systemd gives services their own namespaces and takes their rights away; that takes all rights.
      ...['--cap-add=all', '--security-opt=seccomp=unconfined'],
      ...empty.map((path) => `--tmpfs=${path}:rw,notmpcopyup`),
      ...volumes.map((volume) => `--volume=${volume}`),
    ];
    // As on a machine of its own: credentials of services are mounted where a service sees them only if mounts are shared. The target starts
    // nothing that is enabled on this machine.
    const boot = 'mount --make-rshared / && exec /lib/systemd/systemd --unit=basic.target';
    await engine.podman('run', ...options, '--rootfs', '/:O', '/bin/sh', '-c', boot);
    const booted = async () => (await machine.run('systemctl is-active basic.target')).trim() === 'active';
    await waitFor(booted, { timeoutMs: 30_000, what: 'systemd to have booted' });
    return machine;
  }

  /** Runs commands as root in the clone, up to the first that fails, and returns what they print. Rejects with it when one fails. */
  async run(script: string): Promise<string> {
    const shell = ['bash', '--login', '-c', `set -euxo pipefail\n${script}`];
    return (await this.engine.podman('exec', `--workdir=${CLONE}`, this.name, ...shell)).stdout;
  }

  /** Writes a file that only root can read. */
  async write(path: string, text: string): Promise<void> {
    await this.run(`install -d -m 700 "$(dirname ${path})"; umask 077; cat > ${path} <<'END'\n${text}\nEND`);
  }

  /** Lets the machine reach a server of this test at one of its own ports. */
  async provide(port: number, url: string): Promise<void> {
    const socket = `provided-${port}`;
    this.relays.push(await Relay.start(join(this.sockets, socket), Number(new URL(url).port)));
    await this.listen(`127.0.0.1:${port}`, `${SOCKETS}/${socket}`, socket);
  }

  /** @returns a port of this test for a port of the machine */
  async open(port: number): Promise<number> {
    const socket = `opened-${port}`;
    await this.listen(`${SOCKETS}/${socket}`, `127.0.0.1:${port}`, socket);
    const relay = await Relay.start(0, join(this.sockets, socket));
    this.relays.push(relay);
    return relay.port;
  }

  private async listen(from: string, to: string, unit: string): Promise<void> {
    const proxy = `/lib/systemd/systemd-socket-proxyd --connections-max=4096 ${to}`;
    await this.run(`systemd-run --quiet --unit=${unit} --socket-property=ListenStream=${from} ${proxy}`);
  }

  async stop(): Promise<void> {
    for (const relay of this.relays) relay.stop();
    await this.engine.podman('rm', '--force', '--time=0', this.name);
  }
}
