import { randomBytes } from 'node:crypto';
import { waitFor } from '@perennial/testing/servers';
import type { Engine } from './engine';

export interface ContainerOptions {
  env: Readonly<Record<string, string>>;
  /** Files of this machine and their paths in the container. */
  files: readonly (readonly [from: string, to: string])[];
  /** A volume of its own at this path, which outlives the container. */
  volume?: { name: string; path: string };
}

/** One container of an image of ours, with the rights that deploy/compose gives it. */
export class Container {
  private constructor(
    private readonly engine: Engine,
    private readonly name: string,
    private readonly image: string,
  ) {}

  static async start(engine: Engine, image: string, { env, files, volume }: ContainerOptions): Promise<Container> {
    const name = `perennial-test-${randomBytes(4).toString('hex')}`;
    const rights = ['--read-only', '--read-only-tmpfs=false', '--cap-drop=all', '--security-opt=no-new-privileges'];
    const variables = Object.entries(env).map(([key, value]) => `--env=${key}=${value}`);
    const mounts = files.map(([from, to]) => `--volume=${from}:${to}:ro`);
    if (volume !== undefined) mounts.push(`--volume=${volume.name}:${volume.path}`);
    // The test runs the health command itself; podman would leave that to systemd.
    const options = ['--detach', `--name=${name}`, '--no-healthcheck', ...rights, ...variables, ...mounts];
    await engine.podman('run', ...options, image);
    return new Container(engine, name, image);
  }

  /** Runs a program in it and returns its output. */
  async exec(...command: string[]): Promise<string> {
    return (await this.engine.podman('exec', this.name, ...command)).stdout.trim();
  }

  /** Waits until the health command of the image succeeds. */
  async untilHealthy(): Promise<void> {
    const inspect = ['image', 'inspect', '--format', '{{json .HealthCheck.Test}}', this.image];
    const [kind, ...command] = JSON.parse((await this.engine.podman(...inspect)).stdout) as string[];
    if (kind !== 'CMD') throw new Error(`the health command of ${this.image} needs a shell`);
    const healthy = (): Promise<boolean> => this.exec(...command).then(() => true);
    try {
      await waitFor(healthy, { timeoutMs: 120_000, intervalMs: 250, what: `${this.image} to be healthy` });
    } catch (cause) {
      throw new Error(await this.logs(), { cause });
    }
  }

  async logs(): Promise<string> {
    const { stdout, stderr } = await this.engine.podman('logs', this.name);
    return stdout + stderr;
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    await this.engine.podman('kill', `--signal=${signal}`, this.name);
  }

  /** Waits until it has exited. */
  async exitCode(): Promise<number> {
    return Number((await this.engine.podman('wait', this.name)).stdout);
  }

  async remove(): Promise<void> {
    await this.engine.podman('rm', '--force', '--time=0', '--volumes', this.name);
  }
}
