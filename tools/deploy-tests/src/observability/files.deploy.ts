import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '@perennial/launcher';
import { installedProgram, runToEnd } from '@perennial/local-runtime/servers';
import { missingServer } from '@perennial/testing';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dashboards, OBSERVABILITY, rules } from './expressions';

const read = (path: string): string => readFileSync(join(OBSERVABILITY, path), 'utf8');
const alerts = rules().flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]));
const RULES = readdirSync(join(OBSERVABILITY, 'prometheus/rules')).map((file) => `rules/${file}`);
const TESTS = readdirSync(join(OBSERVABILITY, 'prometheus/tests')).map((file) => `tests/${file}`);

const noPromtool = await missingServer('rules and alerts', () => installedProgram('promtool', 'prometheus'));
const noAmtool = await missingServer('the routes of alerts', () =>
  installedProgram('amtool', 'prometheus-alertmanager'),
);

describe.skipIf(noPromtool)('Prometheus', () => {
  const promtool = async (args: string[]): Promise<string> =>
    runToEnd({
      name: 'promtool',
      command: await installedProgram('promtool', 'prometheus'),
      args,
      cwd: join(OBSERVABILITY, 'prometheus'),
    });

  it('accepts the configuration and the rules', async () => {
    await promtool(['check', 'config', 'prometheus.yml']);
    await promtool(['check', 'rules', ...RULES]);
  });

  it('raises each alert for what it is for, and only then', async () => {
    await promtool(['test', 'rules', ...TESTS]);
    const tested = TESTS.map((file) => read(`prometheus/${file}`)).join('\n');
    expect(alerts.filter(({ alert }) => !tested.includes(`alertname="${alert}"`)).map(({ alert }) => alert)).toEqual(
      [],
    );
  });
});

describe.skipIf(noAmtool)('Alertmanager', () => {
  it('accepts the configuration, and sends pages and tickets to their receivers', async () => {
    const amtool = async (args: string[]): Promise<string> =>
      runToEnd({ name: 'amtool', command: await installedProgram('amtool', 'prometheus-alertmanager'), args });
    const file = join(OBSERVABILITY, 'alertmanager.yml');
    await amtool(['check-config', file]);
    for (const severity of ['page', 'ticket'])
      expect(await amtool(['config', 'routes', 'test', `--config.file=${file}`, `severity=${severity}`])).toContain(
        `${severity}s`,
      );
  });
});

describe('alerts', () => {
  const page = readFileSync(join(ROOT, 'docs/deploy/runbooks.md'), 'utf8');
  const sections = [...page.matchAll(/^### (\w+)$/gm)].map(([, name = '']) => name);

  it('have a section in the runbooks, and each section an alert', () => {
    expect(sections.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  });

  it('say how urgent they are, what happens, and where to read on', () => {
    for (const { alert, labels, annotations } of alerts) {
      expect(['page', 'ticket'], alert).toContain(labels?.['severity']);
      expect(annotations, alert).toMatchObject({
        summary: expect.stringMatching(/\w/) as string,
        description: expect.stringMatching(/\w.*\.$/) as string,
        runbook_url: `deploy/runbooks.md#${alert.toLowerCase()}`,
      });
    }
  });
});

describe('dashboards', () => {
  it('have an id, a title and a place for each panel, and no data source of their own', () => {
    const all = dashboards();
    expect(new Set(all.map(({ uid }) => uid)).size).toBe(all.length);
    for (const { file, title, panels } of all) {
      expect(title, file).toMatch(/^Perennial: /);
      for (const panel of panels.filter(({ type }) => type !== 'row'))
        expect(panel, `${file}: ${panel.title}`).toMatchObject({ datasource: { uid: '${datasource}' } });
    }
  });

  it('are provisioned where the Compose files mount them', () => {
    const { providers } = parse(read('grafana/provisioning/dashboards/dashboards.yaml')) as {
      providers: { options: { path: string } }[];
    };
    const compose = readFileSync(join(ROOT, 'deploy/compose/services.yaml'), 'utf8');
    for (const { options } of providers) expect(compose).toContain(`grafana/dashboards:${options.path}:ro`);
    expect(compose).toContain(`grafana/provisioning:${dirname('/etc/grafana/provisioning/dashboards')}:ro`);
    const { datasources } = parse(read('grafana/provisioning/datasources/datasources.yaml')) as {
      datasources: { uid: string; jsonData?: { exemplarTraceIdDestinations?: { datasourceUid: string }[] } }[];
    };
    const uids = datasources.map(({ uid }) => uid);
    for (const { jsonData } of datasources)
      for (const { datasourceUid } of jsonData?.exemplarTraceIdDestinations ?? [])
        expect(uids).toContain(datasourceUid);
  });
});

/** The collector itself cannot be had from a package registry, so its file is only validated: structure, and what belongs together. */
describe('the collector', () => {
  interface Collector {
    receivers: Record<string, unknown>;
    processors: Record<string, unknown>;
    exporters: Record<string, unknown>;
    extensions: Record<string, unknown>;
    service: {
      extensions: string[];
      pipelines: Record<string, { receivers: string[]; processors: string[]; exporters: string[] }>;
    };
  }
  const { service, ...components } = parse(read('collector.yaml')) as Collector;

  it('uses what it defines, and defines what it uses', () => {
    const pipelines = Object.values(service.pipelines);
    for (const kind of ['receivers', 'processors', 'exporters'] as const)
      expect([...new Set(pipelines.flatMap((pipeline) => pipeline[kind]))].sort()).toEqual(
        Object.keys(components[kind]).sort(),
      );
    expect(service.extensions).toEqual(Object.keys(components.extensions));
  });

  it('limits its memory first, samples whole traces before it batches them', () => {
    expect(service.pipelines['traces']?.processors).toEqual(['memory_limiter', 'tail_sampling', 'batch']);
  });

  it('keeps errors, take-overs and slow answers by attributes that the product sets', () => {
    const { policies } = components.processors['tail_sampling'] as {
      policies: ({ name: string; type: string } & Record<string, unknown>)[];
    };
    for (const { name, type, ...settings } of policies)
      expect({ name, keys: Object.keys(settings) }).toEqual({ name, keys: [type] });
    const sources = ['libs/runtime/src/telemetry/tracing.ts', 'apps/chat/src/runs/generation/attempt-trace.ts']
      .map((path) => readFileSync(join(ROOT, path), 'utf8'))
      .join('\n');
    const used = [...JSON.stringify(policies).matchAll(/(?:perennial|gen_ai)\.[\w.]+\w/g)].map(([name]) => name);
    expect(used.length).toBeGreaterThan(2);
    for (const attribute of used) expect(sources).toContain(`'${attribute}'`);
  });
});
