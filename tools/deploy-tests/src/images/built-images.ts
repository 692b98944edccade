import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@perennial/launcher';
import { freePort, guardDirectory } from '@perennial/local-runtime/servers';
import { Container } from './container';
import type { Engine } from './engine';

const PREFIX = 'localhost/perennial-test';
export const TAG = 'test';

/** The name of an image that a test has built. */
export const imageOf = (name: string): string => `${PREFIX}/${name}:${TAG}`;

/** Images as `npm run images` builds them, and containers of them that find their secrets in files. */
export class BuiltImages {
  private readonly folder = mkdtempSync(join(tmpdir(), 'perennial-images-'));
  private readonly secrets = ['secret_key'];
  private containers: Container[] = [];

  private constructor(
    private readonly engine: Engine,
    /** What the build printed: a line for each image. */
    readonly report: string,
  ) {
    guardDirectory(this.folder);
    writeFileSync(join(this.folder, 'secret_key'), randomBytes(32).toString('hex'));
  }

  /** Rejects when an image is larger than it may be. */
  static async build(engine: Engine, names: readonly string[]): Promise<BuiltImages> {
    const script = join(ROOT, 'tools/build/src/images/main.mjs');
    const args = [script, '--prefix', PREFIX, '--tag', TAG, ...names];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: engine.env, maxBuffer: 2 ** 26 });
    console.log(stdout.trim());
    return new BuiltImages(engine, stdout.trim());
  }

  /** Gives every container that starts from now on this secret: `redis_url` is read as `REDIS_URL_FILE`. */
  addSecret(name: string, value: string): void {
    writeFileSync(join(this.folder, name), `${value}\n`);
    this.secrets.push(name);
  }

  async start(name: string, env: Readonly<Record<string, string>> = {}): Promise<Container> {
    const inside = (secret: string): string => `/run/secrets/${secret}`;
    const container = await Container.start(this.engine, imageOf(name), {
      env: {
        ...{ HEALTH_PORT: String(await freePort()), SHUTDOWN_DELAY_MS: '200' },
        ...Object.fromEntries(this.secrets.map((secret) => [`${secret.toUpperCase()}_FILE`, inside(secret)])),
        ...env,
      },
      files: this.secrets.map((secret) => [join(this.folder, secret), inside(secret)]),
    });
    this.containers.push(container);
    return container;
  }

  async removeContainers(): Promise<void> {
    for (const container of this.containers.splice(0)) await container.remove();
  }
}
