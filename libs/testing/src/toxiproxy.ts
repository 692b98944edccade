import { freePort, ManagedProcess, onPath, ServerUnavailable, waitFor } from '@perennial/local-runtime/servers';

/** A disturbance of one direction of a proxy's connections; the attributes are Toxiproxy's. */
export interface Toxic {
  type: 'latency' | 'bandwidth' | 'timeout' | 'reset_peer' | 'slicer' | 'slow_close' | 'limit_data';
  /** `upstream`: what the client sends. Default `downstream`. */
  stream?: 'upstream' | 'downstream';
  attributes: Readonly<Record<string, number>>;
}

/**
 * `toxiproxy-server`: `TOXIPROXY_BINARY`, else on PATH. No package registry has it.
 *
 * @throws ServerUnavailable
 */
export async function toxiproxyBinary(): Promise<string> {
  const binary = process.env['TOXIPROXY_BINARY'] || (await onPath('toxiproxy-server'));
  if (binary) return binary;
  throw new ServerUnavailable('toxiproxy-server is not on PATH and TOXIPROXY_BINARY is not set');
}

/** A Toxiproxy: TCP proxies whose connections can be slowed, cut and silenced. */
export class Toxiproxy {
  constructor(
    private readonly process: ManagedProcess,
    private readonly api: string,
  ) {}

  /** A new proxy in front of `host:port`. */
  async proxy(name: string, upstream: string): Promise<ToxicLink> {
    const { listen } = await this.call<{ listen: string }>('POST', '/proxies', {
      ...{ name, upstream, listen: '127.0.0.1:0', enabled: true },
    });
    return new ToxicLink(name, Number(listen.split(':').at(-1)), (method, path, body) =>
      this.call(method, `/proxies/${name}${path}`, body),
    );
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const reply = await fetch(this.api + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`Toxiproxy answered ${method} ${path} with ${reply.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

/** One proxied address. */
export class ToxicLink {
  constructor(
    readonly name: string,
    readonly port: number,
    private readonly call: (method: string, path: string, body?: unknown) => Promise<unknown>,
  ) {}

  /** The URL of the upstream, through this proxy. */
  through(url: string): string {
    const address = new URL(url);
    address.hostname = '127.0.0.1';
    address.port = String(this.port);
    return address.href.replace(/\/$/, url.endsWith('/') ? '/' : '');
  }

  /** Disturbs all connections, open and new ones, until the returned function is called. */
  async disturb(toxic: Toxic): Promise<() => Promise<void>> {
    const name = `${toxic.type}-${toxic.stream ?? 'downstream'}`;
    await this.call('POST', '/toxics', { stream: 'downstream', toxicity: 1, ...toxic, name });
    return async () => {
      await this.call('DELETE', `/toxics/${name}`);
    };
  }

  /** Closes every connection and refuses new ones until `open`. */
  async cut(): Promise<void> {
    await this.call('POST', '', { enabled: false });
  }

  async open(): Promise<void> {
    await this.call('POST', '', { enabled: true });
  }
}

/** Starts a Toxiproxy without proxies. @throws ServerUnavailable */
export async function startToxiproxy(): Promise<Toxiproxy> {
  const command = await toxiproxyBinary();
  const port = await freePort();
  const managed = new ManagedProcess({
    name: 'toxiproxy',
    command,
    args: ['-host', '127.0.0.1', '-port', String(port)],
    // Services are stopped before it, like before a store.
    stage: 'store',
  });
  managed.start();
  const api = `http://127.0.0.1:${port}`;
  await waitFor(async () => (await fetch(`${api}/version`)).ok, { what: 'Toxiproxy to answer' });
  return new Toxiproxy(managed, api);
}
