import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';

const run = promisify(execFile);
export const ROOT = join(import.meta.dirname, '../../../..');
export const CHART = join(ROOT, 'deploy/helm/perennial');

/** The values files that an operator chooses from. */
export const VALUES_FILES = readdirSync(CHART).filter((name) => /^values-.*\.yaml$/.test(name));

/** What is rendered: values files of the chart, and single values as `--set-json` takes them (`gateway.replicas=3`). */
export interface Choice {
  files?: readonly string[];
  values?: readonly string[];
  /** Another chart than ours. */
  chart?: string;
}

/** Sizes with stores and a way in, as an operator combines them. */
export const COMBINATIONS: readonly (readonly string[])[] = [
  ['values-small.yaml', 'values-disk-one-node.yaml'],
  ['values-small.yaml', 'values-s3.yaml', 'values-lancedb.yaml', 'values-ingress.yaml'],
  ['values-medium.yaml', 'values-disk.yaml', 'values-pgvector.yaml', 'values-redis-sentinel.yaml'],
  ['values-large.yaml', 'values-s3.yaml', 'values-qdrant.yaml', 'values-gateway-api.yaml', 'values-observability.yaml'],
  ['values-medium.yaml', 'values-s3.yaml', 'values-chroma.yaml', 'values-ingress.yaml'],
  ['values-large.yaml', 'values-s3.yaml', 'values-milvus.yaml', 'values-ingress.yaml'],
  ['values-medium.yaml', 'values-s3.yaml', 'values-opensearch.yaml', 'values-ingress.yaml'],
];

/** Every size with every store and each way in that fit together: 48. LanceDB is for one retrieval pod, so not for the large size. */
export const ALL_COMBINATIONS = ['small', 'medium', 'large'].flatMap((size) =>
  ['pgvector', 'qdrant', 'lancedb']
    .filter((store) => size !== 'large' || store !== 'lancedb')
    .flatMap((store) =>
      ['s3', 'disk'].flatMap((files) =>
        ['ingress', 'gateway-api', 'observability'].map((way) =>
          [size, store, files, way].map((name) => `values-${name}.yaml`),
        ),
      ),
    ),
);

export interface Container {
  name: string;
  image: string;
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef?: { key: string; optional?: boolean } } }[];
  securityContext?: Record<string, unknown>;
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  terminationGracePeriodSeconds?: number;
  [field: string]: unknown;
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
  [field: string]: unknown;
}

/** The release that the tests render. */
export const RELEASE = 'acme';
export const NAMESPACE = 'perennial';

/** The arguments of a Helm command for a choice. */
export function chosen({ files = [], values = [], chart = CHART }: Choice): string[] {
  return [
    chart,
    ...files.flatMap((file) => ['--values', join(CHART, file)]),
    ...values.flatMap((value) => ['--set-json', value]),
  ];
}

/** Runs Helm. @throws with what Helm wrote when it refuses */
export async function helm(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  try {
    const { stdout } = await run(program, [...args], { maxBuffer: 1 << 26, env: { ...process.env, ...env } });
    return stdout;
  } catch (error) {
    const { stderr, stdout } = error as { stderr?: string; stdout?: string };
    throw new Error(`helm ${args[0]} refused:\n${stderr ?? ''}${stdout ?? ''}`, { cause: error });
  }
}

/** The objects of a release, in Helm's order. @throws with the reason when the values are refused */
export async function render(program: string, choice: Choice = {}): Promise<KubernetesObject[]> {
  const args = ['template', RELEASE, '--namespace', NAMESPACE, '--kube-version', '1.36.3', ...chosen(choice)];
  return parseAllDocuments(await helm(program, args))
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      return document.toJS() as KubernetesObject | null;
    })
    .filter((object) => object !== null);
}

/** The pod of an object that makes pods. */
export function podTemplate(
  object: KubernetesObject,
): { metadata: KubernetesObject['metadata']; spec: PodSpec } | undefined {
  if (object.kind === 'Pod') return { metadata: object.metadata, spec: object.spec as PodSpec };
  const spec =
    object.kind === 'CronJob' ? (object.spec?.['jobTemplate'] as KubernetesObject | undefined)?.spec : object.spec;
  if (!['Deployment', 'Job', 'CronJob'].includes(object.kind)) return undefined;
  return spec?.['template'] as { metadata: KubernetesObject['metadata']; spec: PodSpec };
}

/** The object of a kind with the component's label. @throws when there is none */
export function component(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = objects.find(
    (object) => object.kind === kind && object.metadata.labels?.['app.kubernetes.io/component'] === name,
  );
  if (found === undefined) throw new Error(`the release has no ${kind} of ${name}`);
  return found;
}
