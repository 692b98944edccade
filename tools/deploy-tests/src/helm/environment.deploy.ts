import { randomBytes } from 'node:crypto';
import { missingServer } from '@perennial/testing/servers';
import { runnerImport } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import { component, type Container, podTemplate, render, ROOT, VALUES_FILES } from './chart';
import { type KubernetesTools, kubernetesTools } from './fetched';

// Real: Helm, and the schemas with which the services read their environment.
const missing = await missingServer('the environment of the Helm chart', kubernetesTools);

const SERVICES = ['gateway', 'auth', 'chat', 'retrieval', 'config'] as const;
type Schema = { shape: Record<string, unknown> };
type ReadEnv = (
  schema: Schema,
  source: Record<string, string>,
  options: { service: string },
) => Record<string, unknown>;

/** The exports of a source of the product. */
async function load(path: string): Promise<Record<string, unknown>> {
  const { module } = await runnerImport<Record<string, unknown>>(`${ROOT}/${path}`, {
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: [/^@perennial\//] },
  });
  return module;
}

describe.skipIf(missing)('the environment that the chart gives', () => {
  let tools: KubernetesTools;
  let readEnv: ReadEnv;
  const schemas = new Map<string, Schema>();

  beforeAll(async () => {
    tools = await kubernetesTools();
    readEnv = (await load('libs/runtime/src/index.ts'))['readEnv'] as ReadEnv;
    for (const service of SERVICES)
      schemas.set(service, (await load(`apps/${service}/src/env.ts`))[`${service}Env`] as Schema);
  });

  it.each([...VALUES_FILES])('each service accepts with %s', async (file) => {
    const objects = await render(tools.helm4, { files: [file] });
    const workloads = objects.filter(({ kind }) => kind === 'Deployment');
    expect(workloads.length).toBeGreaterThanOrEqual(SERVICES.length);
    for (const workload of workloads) {
      const [container] = podTemplate(workload)?.spec.containers ?? [];
      const service = container?.name ?? '';
      const schema = schemas.get(service) as Schema;
      const source = asRead(container as Container);
      expect(Object.keys(source).filter((name) => !(name in schema.shape))).toEqual([]);
      expect(readEnv(schema, source, { service })).toMatchObject({ NODE_ENV: 'production', HEALTH_PORT: 9_090 });
    }
  });

  it('is refused by the service when it is wrong', async () => {
    const objects = await render(tools.helm4, { values: ['auth.env={"JWT_EXPIRES_IN":"soon"}'] });
    const [container] = podTemplate(component(objects, 'Deployment', 'auth'))?.spec.containers ?? [];
    const read = () => readEnv(schemas.get('auth') as Schema, asRead(container as Container), { service: 'auth' });
    expect(read).toThrow(/JWT_EXPIRES_IN/);
  });
});

/** The variables as the process finds them; the Secret has its required keys. */
function asRead({ env = [] }: Container): Record<string, string> {
  const secret = randomBytes(16).toString('hex');
  const values: Record<string, string> = {
    DATABASE_URL: `postgres://perennial:${secret}@postgres:5432/perennial`,
    REDIS_URL: `redis://:${secret}@redis:6379`,
    SECRET_KEY: secret,
  };
  const pairs = env.flatMap(({ name, value, valueFrom }): [string, string][] => {
    if (value !== undefined) return [[name, value]];
    const key = valueFrom?.secretKeyRef;
    if (key === undefined) return [[name, 'acme-auth-6b7f9d-x2x4z']];
    if (key.optional === true) return [];
    const found = values[key.key];
    if (found === undefined) throw new Error(`the guide does not tell of the key ${key.key}`);
    return [[name, found]];
  });
  return Object.fromEntries(pairs);
}
