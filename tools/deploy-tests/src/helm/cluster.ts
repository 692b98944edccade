import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  freePort,
  installedProgram,
  ManagedProcess,
  type StoreHome,
  storeHome,
} from '@perennial/local-runtime/servers';

export interface ClusterOptions {
  kubectl: string;
}

/** What a command of kubectl did. */
export interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

/** @throws ServerUnavailable */
export async function clusterBinaries(): Promise<{ apiserver: string; etcd: string }> {
  const apiserver = await installedProgram('kube-apiserver', 'none');
  return { apiserver, etcd: await installedProgram('etcd', 'etcd-server') };
}

/**
 * A real Kubernetes API with its database: it checks, stores and refuses objects. There is no kubelet and no controller, so nothing that it
 * stores is run.
 */
export class Cluster {
  private constructor(
    readonly kubeconfig: string,
    private readonly options: ClusterOptions,
    private readonly processes: readonly ManagedProcess[],
  ) {}

  /** Starts both servers and waits until the API is ready, about 3 s. @throws ServerUnavailable */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const { apiserver, etcd } = await clusterBinaries();
    const home = await storeHome('kubernetes');
    const [port, client, peer] = [await freePort(), await freePort(), await freePort()];
    const token = randomBytes(16).toString('hex');
    await writeCredentials(home, token);
    const database = new ManagedProcess({
      name: 'etcd',
      command: etcd,
      args: [
        `--data-dir=${join(home.dir, 'etcd')}`,
        `--listen-client-urls=http://127.0.0.1:${client}`,
        `--advertise-client-urls=http://127.0.0.1:${client}`,
        `--listen-peer-urls=http://127.0.0.1:${peer}`,
        '--unsafe-no-fsync',
        '--log-level=error',
      ],
      stage: 'store',
    });
    const api = new ManagedProcess({
      name: 'kube-apiserver',
      command: apiserver,
      args: apiserverArguments(home, port, client),
    });
    const kubeconfig = join(home.dir, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigOf(`https://127.0.0.1:${port}`, token), { mode: 0o600 });
    const cluster = new Cluster(kubeconfig, options, [api, database]);
    database.start();
    api.start();
    await api.waitUntil(
      async () => (await cluster.kubectl(['get', '--raw', '/readyz'])).stdout === 'ok',
      'it is ready',
    );
    return cluster;
  }

  /** Ends both at once: an API server that is asked to end waits for open watches, and its data is thrown away. */
  async stop(): Promise<void> {
    for (const process of this.processes) await process.kill();
  }

  /** Runs kubectl to its end; a refusal is an answer, too. */
  kubectl(args: readonly string[], input = ''): Promise<Answer> {
    return new Promise((resolve) => {
      const child = execFile(
        this.options.kubectl,
        ['--kubeconfig', this.kubeconfig, ...args],
        { maxBuffer: 1 << 26 },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
      );
      child.stdin?.end(input);
    });
  }

  /** Runs kubectl. @throws with its error when it refuses */
  async must(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed:\n${stderr}`);
    return stdout;
  }
}

async function writeCredentials(home: StoreHome, token: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  await writeFile(join(home.dir, 'accounts.key'), privateKey, { mode: 0o600 });
  await writeFile(join(home.dir, 'accounts.pub'), publicKey);
  await writeFile(join(home.dir, 'tokens.csv'), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
}

function apiserverArguments(home: StoreHome, port: number, etcdPort: number): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--cert-dir=${join(home.dir, 'certificates')}`,
    `--service-account-key-file=${join(home.dir, 'accounts.pub')}`,
    `--service-account-signing-key-file=${join(home.dir, 'accounts.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--token-auth-file=${join(home.dir, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.0.0.0/24',
  ];
}

/** The API's certificate is its own; it is reached on the loopback address only. */
function kubeconfigOf(server: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });
}
