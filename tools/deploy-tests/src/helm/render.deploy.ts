import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingServer } from '@perennial/testing/servers';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import {
  CHART,
  type Choice,
  chosen,
  COMBINATIONS,
  component,
  type Container,
  helm,
  type KubernetesObject,
  podTemplate,
  render,
  ROOT,
  VALUES_FILES,
} from './chart';
import { type KubernetesTools, kubernetesTools } from './fetched';

// Real: Helm 3 and Helm 4.
const missing = await missingServer('the Helm chart', kubernetesTools);

const CHOICES = [[], ...VALUES_FILES.map((file) => [file]), ...COMBINATIONS];

describe.skipIf(missing)('the chart', () => {
  let tools: KubernetesTools;
  beforeAll(async () => {
    tools = await kubernetesTools();
  });
  const versions = () => [tools.helm3, tools.helm4];
  const refused = async (choice: Choice, sentence: RegExp): Promise<void> => {
    await Promise.all(versions().map((program) => expect(render(program, choice)).rejects.toThrow(sentence)));
  };

  it('has the version of the product', () => {
    const { appVersion } = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as { appVersion: string };
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(appVersion).toBe(version);
  });

  it.each(CHOICES.map((files) => [files.join(' + ') || 'the defaults', files] as const))(
    'is linted and rendered alike by Helm 3 and 4 with %s',
    async (_, files) => {
      const [third, fourth] = await Promise.all(versions().map((program) => render(program, { files })));
      await Promise.all(versions().map((program) => helm(program, ['lint', '--strict', ...chosen({ files })])));
      expect(third).toEqual(fourth);
      expect(fourth?.length).toBeGreaterThan(20);
      const names = fourth?.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      expect(new Set(names).size).toBe(names?.length);
    },
  );

  it.each([
    ['an unknown value', 'gateway.replica=3', /gateway.*replica/s],
    ['an unknown value of a worker', 'chat.worker.concurrency=3', /chat.*worker.*concurrency/s],
    ['a number as text', 'auth.replicas="two"', /auth.*replicas/s],
    ['a store that there is not', 'vectorStore.type="weaviate"', /vectorStore.*type/s],
    ['a size that is none', 'dataVolume.size="big"', /dataVolume.*size/s],
    ['a variable that cannot be one', 'env={"log level":"debug"}', /log level/],
    ['an address that is none', 'telemetry.endpoint="collector:4318"', /telemetry.*endpoint/s],
    ['a schedule that is none', 'backup.schedule="at night"', /backup.*schedule/s],
    ['a grace of nothing', 'chat.shutdown.graceSeconds=0', /chat.*graceSeconds/s],
  ])('refuses %s by its schema', (_, value, sentence) => refused({ values: [value] }, sentence));

  it.each([
    [
      'two pods with LanceDB',
      ['values-lancedb.yaml'],
      ['retrieval.replicas=2'],
      /one retrieval process.*retrieval\.replicas=1/,
    ],
    ['workers with LanceDB', ['values-lancedb.yaml'], ['retrieval.worker.enabled=true'], /one retrieval process/],
    [
      'two gateways on a disk of one node',
      ['values-disk-one-node.yaml'],
      ['gateway.replicas=2'],
      /one pod of each service.*gateway would/,
    ],
    ['Chroma without a host', [], ['vectorStore.type="chroma"'], /needs vectorStore\.chroma\.host/],
    ['Milvus without an address', [], ['vectorStore.type="milvus"'], /needs vectorStore\.milvus\.uri/],
    ['OpenSearch without an address', [], ['vectorStore.type="opensearch"'], /needs vectorStore\.opensearch\.uri/],
    ['Qdrant without an address', [], ['vectorStore.type="qdrant"'], /needs vectorStore\.qdrant\.uri/],
    [
      'a hook before its secret',
      ['values-external-secrets.yaml'],
      ['migrations.run="hook"'],
      /Set migrations\.run=job/,
    ],
    ['KEDA without Prometheus', [], ['chat.autoscaling.type="keda"'], /needs keda\.prometheusAddress/],
    ['KEDA for what has no queue', ['values-large.yaml'], ['auth.autoscaling.type="keda"'], /auth has none/],
    [
      'KEDA beside workers',
      ['values-large.yaml'],
      ['chat.autoscaling.type="keda"'],
      /chat\.worker\.autoscaling\.type=keda/,
    ],
    ['an ingress without hosts', [], ['ingress.enabled=true'], /needs ingress\.hosts/],
    ['a route without a gateway', [], ['httpRoute.enabled=true'], /needs httpRoute\.parentRefs/],
  ])('refuses %s with a sentence', (_, files, values, sentence) => refused({ files, values }, sentence));

  it('ends no pod before its process has had its time', async () => {
    const objects = await render(tools.helm4, { files: ['values-large.yaml'] });
    const seen: Record<string, unknown> = {};
    for (const object of objects.filter(({ kind }) => kind === 'Deployment')) {
      const { spec } = podTemplate(object) ?? {};
      const [{ env = [], lifecycle } = {} as Container & { lifecycle?: { preStop: { sleep: { seconds: number } } } }] =
        (spec?.containers ?? []) as (Container & { lifecycle?: { preStop: { sleep: { seconds: number } } } })[];
      const ms = (name: string): number => Number(env.find((one) => one.name === name)?.value ?? 0);
      const needed =
        (lifecycle?.preStop.sleep.seconds ?? 0) + (ms('SHUTDOWN_DELAY_MS') + ms('SHUTDOWN_GRACE_MS')) / 1_000;
      expect(spec?.terminationGracePeriodSeconds).toBe(needed + 5);
      seen[object.metadata.labels?.['app.kubernetes.io/component'] ?? ''] = spec?.terminationGracePeriodSeconds;
      expect(object.spec?.['strategy']).toMatchObject({ rollingUpdate: { maxUnavailable: 0 } });
    }
    expect(seen).toEqual({
      gateway: 22,
      auth: 15,
      chat: 125,
      'chat-worker': 125,
      retrieval: 15,
      'retrieval-worker': 15,
      config: 15,
    });
  });

  it('replaces the one process of LanceDB, and puts pods that share a disk on one node', async () => {
    const lance = await render(tools.helm4, { files: ['values-lancedb.yaml'] });
    expect(component(lance, 'Deployment', 'retrieval').spec?.['strategy']).toEqual({ type: 'Recreate' });
    const disk = await render(tools.helm4, { files: ['values-disk-one-node.yaml'] });
    for (const name of ['gateway', 'chat', 'retrieval']) {
      const pod = podTemplate(component(disk, 'Deployment', name));
      expect(pod?.metadata.labels).toMatchObject({ 'perennial/data-volume': 'used' });
      expect(JSON.stringify(pod?.spec['affinity'])).toContain('requiredDuringSchedulingIgnoredDuringExecution');
    }
    expect(podTemplate(component(disk, 'Deployment', 'auth'))?.metadata.labels).not.toHaveProperty(
      'perennial/data-volume',
    );
  });

  it('gives each service only the secrets that it reads', async () => {
    const objects = await render(tools.helm4);
    const secrets = (name: string) => secretsOf(component(objects, name === 'migrate' ? 'Job' : 'Deployment', name));
    expect(secrets('gateway')).toEqual([
      ...['AZURE_STORAGE_KEY', 'BLOB_ENCRYPTION_KEYS', 'GOOGLE_APPLICATION_CREDENTIALS_JSON'],
      'REDIS_SENTINEL_PASSWORD',
      'REDIS_URL',
      ...['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
      'SECRET_KEY',
      'SECRET_KEY_SECOND',
    ]);
    expect(secrets('migrate')).toEqual(['DATABASE_DIRECT_URL', 'DATABASE_URL']);
    expect(secrets('auth')).not.toContain('OPENAI_API_KEYS');
  });

  it('names the bucket or the container where files are, to those who keep them', async () => {
    const objects = await Promise.all(
      [
        ['blobStore.type="gcs"', 'blobStore.gcs.bucket="files"'],
        ['blobStore.type="azure"', 'blobStore.azure.endpoint="https://acme.blob.core.windows.net"'],
      ].map((values) => render(tools.helm4, { values })),
    );
    const [gcs, azure] = objects.map((each) => JSON.stringify(component(each, 'Deployment', 'gateway')));
    expect(gcs).toContain('"name":"GCS_BUCKET_NAME","value":"files"');
    expect(azure).toContain('"name":"AZURE_STORAGE_ENDPOINT","value":"https://acme.blob.core.windows.net"');
    expect(azure).not.toContain('S3_BUCKET_NAME');
  });

  it('migrates in a hook before the release, or in a Job of its version beside it', async () => {
    const hook = component(await render(tools.helm4), 'Job', 'migrate');
    expect(hook.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-install,pre-upgrade' });
    const jobs = await Promise.all(
      ['"1.0.0"', '"1.0.1"'].map((tag) =>
        render(tools.helm4, { values: ['migrations.run="job"', `image.tag=${tag}`] }),
      ),
    );
    const names = jobs.map((objects) => component(objects, 'Job', 'migrate').metadata.name);
    expect(new Set(names).size).toBe(2);
    const start = await render(tools.helm4, { values: ['migrations.run="start"'] });
    expect(start.filter(({ kind }) => kind === 'Job')).toEqual([]);
    const env = podTemplate(component(start, 'Deployment', 'auth'))?.spec.containers[0]?.env;
    expect(env).toContainEqual({ name: 'MIGRATE_ON_START', value: 'true' });
  });

  it('backs up only when it is asked to, onto a volume that outlives the release', async () => {
    expect((await render(tools.helm4)).filter(({ kind }) => kind === 'CronJob')).toEqual([]);
    const files = ['values-backup.yaml', 'values-disk.yaml'];
    const objects = await render(tools.helm4, { files });
    const claim = component(objects, 'PersistentVolumeClaim', 'backup');
    expect(claim.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
    const job = component(objects, 'CronJob', 'backup');
    expect(job.spec).toMatchObject({ schedule: '0 3 * * *', concurrencyPolicy: 'Forbid' });
    expect(secretsOf(job)).toEqual([
      'AZURE_STORAGE_KEY',
      'BLOB_ENCRYPTION_KEYS',
      ...['DATABASE_DIRECT_URL', 'DATABASE_URL', 'GOOGLE_APPLICATION_CREDENTIALS_JSON'],
      ...['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
      ...['SECRET_KEY', 'SECRET_KEY_SECOND'],
    ]);
    const volumes = JSON.stringify(podTemplate(job)?.spec['volumes']);
    for (const name of [claim.metadata.name, 'acme-perennial-data', 'perennial-backup'])
      expect(volumes).toContain(`"${name}"`);
    const own = await render(tools.helm4, { files, values: ['backup.existingClaim="mine"'] });
    expect(
      own.filter(({ kind, metadata }) => kind === 'PersistentVolumeClaim' && metadata.name.endsWith('backup')),
    ).toEqual([]);
    expect(JSON.stringify(podTemplate(component(own, 'CronJob', 'backup'))?.spec['volumes'])).toContain(
      '"claimName":"mine"',
    );
  });

  it('gives every process the operator’s certificate authorities', async () => {
    const values = ['trustedAuthorities.configMap="company"', 'migrations.run="job"'];
    const objects = await render(tools.helm4, { values });
    const pods = objects.filter(({ kind }) => kind === 'Deployment' || kind === 'Job').map(podTemplate);
    expect(pods).toHaveLength(6);
    for (const pod of pods) {
      const spec = pod?.spec;
      const file = '/etc/perennial/authorities/ca.crt';
      expect(JSON.stringify(spec?.['volumes'])).toContain('"configMap":{"name":"company"');
      for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
        expect(container.env).toContainEqual({ name: 'NODE_EXTRA_CA_CERTS', value: file });
        expect(JSON.stringify(container)).toContain('"mountPath":"/etc/perennial/authorities"');
      }
    }
  });

  it('scales by metrics that the product has', async () => {
    const objects = await render(tools.helm4, { files: ['values-large.yaml'] });
    const queries = JSON.stringify(objects.filter(({ kind }) => kind === 'ScaledObject'));
    const metrics = [...queries.matchAll(/perennial_\w+/g)].map(([name]) => name);
    const table = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8');
    expect(new Set(metrics).size).toBe(2);
    expect(metrics.filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
  });

  it('brings every alert and every dashboard, as the chart in the repository and as a package', async () => {
    const packed = await mkdtemp(join(tmpdir(), 'perennial-chart-'));
    onTestFinished(() => rm(packed, { recursive: true, force: true }));
    await helm(tools.helm4, ['package', CHART, '--destination', packed]);
    const [archive = ''] = await readdir(packed);
    const files = ['values-observability.yaml'];
    const objects = await render(tools.helm3, { files, chart: join(packed, archive) });
    expect(objects).toEqual(await render(tools.helm4, { files }));
    const watched = join(ROOT, 'deploy/observability');
    const rules = (await readdir(join(watched, 'prometheus/rules'))).map((name) =>
      parse(readFileSync(join(watched, 'prometheus/rules', name), 'utf8')),
    );
    expect(objects.filter(({ kind }) => kind === 'PrometheusRule').map(({ spec }) => spec)).toEqual(rules);
    const dashboards = (await readdir(join(watched, 'grafana/dashboards'))).map((name) => ({
      [name]: readFileSync(join(watched, 'grafana/dashboards', name), 'utf8'),
    }));
    expect(objects.filter(({ kind }) => kind === 'ConfigMap').map(({ data }) => data)).toEqual(dashboards);
  });

  it('lets an operator’s variable win over its own', async () => {
    const objects = await render(tools.helm4, {
      values: [
        'env={"LOG_LEVEL":"warn"}',
        'auth.env={"LOG_LEVEL":"debug","SHUTDOWN_GRACE_MS":7000,"MAX_USER_SETTINGS_BYTES":2147483648}',
      ],
    });
    const env = podTemplate(component(objects, 'Deployment', 'auth'))?.spec.containers[0]?.env ?? [];
    expect(env.filter(({ name }) => name === 'LOG_LEVEL')).toEqual([{ name: 'LOG_LEVEL', value: 'debug' }]);
    expect(env.filter(({ name }) => name === 'SHUTDOWN_GRACE_MS')).toEqual([
      { name: 'SHUTDOWN_GRACE_MS', value: '7000' },
    ]);
    expect(env).toContainEqual({ name: 'MAX_USER_SETTINGS_BYTES', value: '2147483648' });
  });
});

/** The names of the keys of the Secret that a pod's containers read. */
function secretsOf(object: KubernetesObject): string[] {
  const spec = podTemplate(object)?.spec;
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const keys = containers.flatMap(({ env = [] }) => env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.key ?? []));
  return [...new Set(keys)].sort();
}
