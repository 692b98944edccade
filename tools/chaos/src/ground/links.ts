import { startToxiproxy, ToxicLink, Toxiproxy } from '@perennial/testing/servers';
import type { Names } from './names';
import type { Stores } from './stores';

/** Every connection between two parts of the installation goes through a proxy of its own: `chat-1 redis`, `provider`, `people`. */
export class Links {
  private readonly links = new Map<string, ToxicLink>();
  private readonly environments = new Map<string, Record<string, string>>();

  private constructor(private readonly toxiproxy: Toxiproxy) {}

  static async start(): Promise<Links> {
    return new Links(await startToxiproxy());
  }

  /** One more link to `url`; returns its address through the link. */
  async between(name: string, url: string): Promise<string> {
    const { hostname, port } = new URL(url);
    const link = await this.toxiproxy.proxy(name.replaceAll(' ', '-'), `${hostname}:${port}`);
    this.links.set(name, link);
    return link.through(url);
  }

  /** The links of one process to the stores that have a single address, by name if there are names. */
  async connect(instance: string, { postgres, redis }: Stores, names?: Names): Promise<void> {
    const environment: Record<string, string> = {};
    const to = async (store: string, url: string): Promise<string> => {
      const name = `${instance} ${store}`;
      const address = await this.between(name, url);
      return names?.named(name, address) ?? address;
    };
    // A gateway has no database.
    if (postgres.single && !instance.startsWith('gateway'))
      environment['DATABASE_URL'] = await to('postgres', postgres.url);
    if (redis.single) environment['REDIS_URL'] = await to('redis', redis.url);
    this.environments.set(instance, environment);
  }

  environment(instance: string): Record<string, string> {
    return this.environments.get(instance) ?? {};
  }

  /** The names of all links that match. */
  names(matches: (name: string) => boolean): string[] {
    return [...this.links.keys()].filter(matches);
  }

  link(name: string): ToxicLink {
    const link = this.links.get(name);
    if (!link) throw new Error(`there is no link ${name}`);
    return link;
  }

  stop(): Promise<void> {
    return this.toxiproxy.stop();
  }
}
