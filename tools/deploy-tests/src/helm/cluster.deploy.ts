import { missingServer, waitFor } from '@perennial/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { longForm } from '../long-form';
import {
  ALL_COMBINATIONS,
  chosen,
  COMBINATIONS,
  helm,
  type KubernetesObject,
  NAMESPACE,
  podTemplate,
  RELEASE,
  render,
  VALUES_FILES,
} from './chart';
import { Cluster, clusterBinaries } from './cluster';
import { customKinds, type KubernetesTools, kubernetesTools } from './fetched';

// Real: a Kubernetes API server with etcd, the schemas of the custom kinds, Helm 3 and 4, kubectl.
const missing = await missingServer('the Helm chart on a Kubernetes API', () =>
  Promise.all([kubernetesTools(), customKinds(), clusterBinaries()]),
);

/** The long form checks every combination. */
const CHOICES = [...VALUES_FILES.map((file) => [file]), ...(longForm ? ALL_COMBINATIONS : COMBINATIONS)];

/** A namespace as an operator who cares has it. */
const restricted = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
});
/** In a cluster a controller makes it. */
const defaultAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };

const list = (items: readonly object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
const LINE = /(\S+) (?:created|configured|unchanged|serverside-applied) \(server dry run\)/g;

describe.skipIf(missing)('on a real Kubernetes API', () => {
  let tools: KubernetesTools;
  let cluster: Cluster;
  /** The different objects of all values files. */
  let objects: KubernetesObject[];

  const apply = (items: readonly object[]) =>
    cluster.kubectl(['apply', '--namespace', NAMESPACE, '--dry-run=server', '--filename', '-'], list(items));
  const asPod = (object: KubernetesObject, index: number): object[] => {
    const pod = podTemplate(object);
    if (pod === undefined) return [];
    const { labels } = pod.metadata;
    return [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: `pod-${index}`, labels }, spec: pod.spec }];
  };

  beforeAll(async () => {
    tools = await kubernetesTools();
    const [started, schemas, rendered] = await Promise.all([
      Cluster.start({ kubectl: tools.kubectl }),
      customKinds(),
      renderAll(tools.helm4),
    ]);
    cluster = started;
    objects = rendered;
    await cluster.must(['apply', '--server-side', ...schemas.map((directory) => `--filename=${directory}`)]);
    const established = ['wait', '--for=condition=Established', 'customresourcedefinitions', '--all', '--timeout=30s'];
    // kubectl refuses to wait for what has no status yet.
    await waitFor(async () => (await cluster.kubectl(established)).code === 0, { what: 'the custom kinds' });
    await cluster.must(['apply', '--filename', '-'], list([restricted(NAMESPACE)]));
    const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount').slice(0, 1);
    await cluster.must(['apply', '--namespace', NAMESPACE, '--filename', '-'], list([defaultAccount, ...accounts]));
  });
  afterAll(() => cluster?.stop());

  it('every object of every values file is valid', async () => {
    const { code, stdout, stderr } = await apply(objects);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect([...stdout.matchAll(LINE)]).toHaveLength(objects.length);
    const kinds = new Set(objects.map(({ kind }) => kind));
    for (const kind of [
      'CronJob',
      'ScaledObject',
      'HTTPRoute',
      'ServiceMonitor',
      'ExternalSecret',
      'NetworkPolicy',
      'Ingress',
    ])
      expect(kinds).toContain(kind);
  });

  it.each([
    ['Deployment', { strategi: {} }, /unknown field .*strategi/],
    ['NetworkPolicy', { policyTypes: ['Both'] }, /policyTypes/],
    ['ScaledObject', { maxReplicaCount: 'many' }, /maxReplicaCount/],
    ['HTTPRoute', { hostnames: ['not a name'] }, /hostnames/],
    ['ServiceMonitor', { endpoints: [{ port: 'health', intervall: '5s' }] }, /intervall/],
    ['ExternalSecret', { target: { creationPolicy: 'Sometimes' } }, /creationPolicy/],
  ])('a planted mistake in a %s is refused', async (kind, mistake, sentence) => {
    const object = objects.find((one) => one.kind === kind);
    const { code, stderr } = await apply([{ ...object, spec: { ...object?.spec, ...mistake } }]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(sentence);
  });

  it('every pod passes Pod Security "restricted"', async () => {
    const pods = objects.flatMap(asPod);
    expect(pods.length).toBeGreaterThan(30);
    const { code, stdout, stderr } = await apply(pods);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect([...stdout.matchAll(LINE)]).toHaveLength(pods.length);
  });

  it.each([
    ['a user who is root', 'podSecurityContext={"runAsUser":0}', /runAsUser=0/],
    [
      'an unconfined system call filter',
      'podSecurityContext={"seccompProfile":{"type":"Unconfined"}}',
      /seccompProfile/,
    ],
  ])('%s is refused', async (_, value, sentence) => {
    const planted = await render(tools.helm4, { values: [value] });
    const { code, stderr } = await apply(planted.flatMap(asPod));
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/violates PodSecurity "restricted/);
    expect(stderr).toMatch(sentence);
  });

  it('Helm 3 and Helm 4 install, upgrade, roll back and remove a release', async () => {
    await Promise.all((['helm3', 'helm4'] as const).map((version) => lifeOf(`by-${version}`, tools[version])));
  });

  async function lifeOf(namespace: string, program: string): Promise<void> {
    await cluster.must(['apply', '--filename', '-'], list([restricted(namespace)]));
    const run = (...args: string[]) =>
      helm(program, [...args, '--namespace', namespace], { KUBECONFIG: cluster.kubeconfig });
    const release = (tag: string, ...files: string[]) => [
      RELEASE,
      ...chosen({ files, values: ['migrations.run="job"', `image.tag="${tag}"`] }),
    ];
    const tags = async () => {
      const images = await cluster.must([
        'get',
        'deployments',
        '--namespace',
        namespace,
        '--output=jsonpath={..image}',
      ]);
      return images.split(' ').map((image) => image.split(':')[1]);
    };

    const notes = await run('install', ...release('1.0.0', 'values-medium.yaml', 'values-s3.yaml'));
    expect(notes).toContain(`helm test ${RELEASE} -n ${namespace}`);
    expect(await tags()).toEqual(Array<string>(5).fill('1.0.0'));
    await run('upgrade', ...release('1.1.0', 'values-large.yaml', 'values-disk.yaml', 'values-qdrant.yaml'));
    expect(await tags()).toEqual(Array<string>(7).fill('1.1.0'));
    await run('rollback', RELEASE, '1');
    expect(await tags()).toEqual(Array<string>(5).fill('1.0.0'));
    await run('uninstall', RELEASE);
    // The disk with people's files outlives the release.
    const left = ['get', 'deployments,persistentvolumeclaims', '--namespace', namespace, '--output=name'];
    expect((await cluster.must(left)).trim()).toMatch(/^persistentvolumeclaim\/\S+-data$/);
  }
});

/** The different objects of all choices; a few choices at a time, because Helm loads the whole chart for each. */
async function renderAll(program: string): Promise<KubernetesObject[]> {
  const different = new Map<string, KubernetesObject>();
  for (let from = 0; from < CHOICES.length; from += 4) {
    const some = await Promise.all(CHOICES.slice(from, from + 4).map((files) => render(program, { files })));
    for (const object of some.flat()) different.set(JSON.stringify(object), object);
  }
  return [...different.values()];
}
