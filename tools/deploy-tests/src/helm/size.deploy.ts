import { join } from 'node:path';
import { plan, readCosts, type Service, TARGET_UTILISATION, USUAL } from '@perennial/capacity';
import { missingServer } from '@perennial/testing/servers';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Container, type KubernetesObject, podTemplate, render, ROOT } from './chart';
import { kubernetesTools } from './fetched';

// Real: Helm, and the plan that `npm run capacity` makes of what was measured.
const missing = await missingServer('the sizes of the Helm chart', kubernetesTools);

/** For how many people a values file is, and the replicas that it has whatever the plan says: one node, one in each of three zones. */
const SIZES = [
  { file: 'values-small.yaml', people: 200, replicas: 1 },
  { file: 'values-medium.yaml', people: 5_000, replicas: 2 },
  { file: 'values-large.yaml', people: 50_000, replicas: 3 },
];
const KINDS = ['gateway', 'auth', 'chat', 'retrieval', 'config'] as const satisfies readonly Service[];
/** Below that a pod takes long to start. */
const LEAST_CPU_M = 100;
/** How much more than planned may be reserved: figures are round, and measurements differ. */
const MOST = 2;

describe.skipIf(missing)('the sizes of the chart', () => {
  let helm4: string;
  beforeAll(async () => {
    ({ helm4 } = await kubernetesTools());
  });

  it.each(SIZES)('$file is for $people people', async ({ file, people, replicas }) => {
    const { services } = plan(people, USUAL, readCosts(join(ROOT, 'docs/results/capacity.json')));
    const objects = await render(helm4, { files: [file] });
    const workloads = objects.filter(({ kind }) => kind === 'Deployment');
    expect(workloads.length).toBeGreaterThanOrEqual(KINDS.length);
    for (const workload of workloads) {
      const name = workload.metadata.labels?.['app.kubernetes.io/component'] ?? '';
      const planned = services[name.replace('-worker', '') as Service];
      const has = amountsOf(workload);
      expect([name, leastReplicas(objects, workload)]).toEqual([name, replicas]);
      if (replicas > 1) expect(replicas).toBeGreaterThanOrEqual(planned.replicas);
      // A pod is busy to the target at the planned load.
      within(`the CPU of ${name}`, has.cpu, Math.max(LEAST_CPU_M, (1_000 * planned.cores_used) / TARGET_UTILISATION));
      within(`the memory limit of ${name}`, has.limit, planned.memory_mib + has.extraction);
      // Half of the plan's limit is for garbage collection.
      within(`the memory of ${name}`, has.memory, planned.memory_mib / 2);
    }
  });

  function within(what: string, value: number, needed: number): void {
    const told = `${what} is ${value}, the plan needs ${Math.ceil(needed)}`;
    expect(value, told).toBeGreaterThanOrEqual(0.95 * needed);
    expect(value, told).toBeLessThanOrEqual(MOST * needed);
  }
});

/** Millicores and MiB of a pod, and MiB of its limit that children which read documents may take. */
function amountsOf(workload: KubernetesObject): { cpu: number; memory: number; limit: number; extraction: number } {
  const [container] = podTemplate(workload)?.spec.containers ?? [];
  const { resources, env = [] } = container as Container & { resources: Resources };
  const variable = (name: string, value: number): number =>
    Number(env.find((one) => one.name === name)?.value ?? value);
  const children = (variable('INGESTION_CONCURRENCY', 2) + 1) * variable('EXTRACTION_MEMORY_MB', 1_024);
  return {
    cpu: amountOf(resources.requests.cpu),
    memory: amountOf(resources.requests.memory),
    limit: amountOf(resources.limits.memory),
    extraction: container?.name === 'retrieval' ? children : 0,
  };
}

interface Resources {
  requests: { cpu: string; memory: string };
  limits: { memory: string };
}

const UNITS: Readonly<Record<string, number>> = { m: 1, '': 1_000, Mi: 1, Gi: 1_024 };

/** `250m` and `1` in millicores, `512Mi` and `2Gi` in MiB. */
function amountOf(text: string): number {
  const [, number = '', unit = ''] = /^([\d.]+)(m|Mi|Gi|)$/.exec(text) ?? [];
  return Number(number) * (UNITS[unit] ?? NaN);
}

/** Without load. */
function leastReplicas(objects: readonly KubernetesObject[], { metadata, spec }: KubernetesObject): unknown {
  const scaler = objects.find(
    (object) =>
      (object.kind === 'HorizontalPodAutoscaler' || object.kind === 'ScaledObject') &&
      (object.spec?.['scaleTargetRef'] as { name?: string } | undefined)?.name === metadata.name,
  );
  return scaler === undefined ? spec?.['replicas'] : (scaler.spec?.['minReplicas'] ?? scaler.spec?.['minReplicaCount']);
}
