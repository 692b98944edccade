import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Library } from '@perennial/e2e/retrieval/library';
import { type Account, signUpAdmin } from '@perennial/e2e/support/accounts';
import { doneAnswer } from '@perennial/e2e/support/answers';
import { http } from '@perennial/e2e/support/http';
import { newTurn, sendTurn, type SentTurn } from '@perennial/e2e/support/turn';
import { launchSystem, type RunningSystem } from '@perennial/launcher';
import { installedProgram } from '@perennial/local-runtime/servers';
import { type Simulator, startSimulator } from '@perennial/provider-simulator';
import { missingServer, type OtlpReceiver, startOtlpReceiver } from '@perennial/testing';
import { waitFor } from '@perennial/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentedMetrics, labelsOf, metricOf, panelQueries, rules, selectors, SERVICES } from './expressions';
import { PrometheusServer } from './prometheus-server';

const MODEL = 'sim-t20-r200-x';
const FAILING = 'sim-t20-r200-x-e400';

/**
 * Selectors of failures that a healthy system does not have. Their metrics have to exist under these names all the same, with the labels
 * that are tested.
 */
const FAILURES = [
  /perennial_dead_letters_total/,
  /perennial_connections_cut_total/,
  /perennial_removal_failures_total/,
  /status=~"5\.\."/,
  /outcome=~?"(error|unreachable|failed\|broke)"/,
  /outcome!="ok"/,
  /code=~"INTERNAL/,
];

const missing = await missingServer('dashboards and rules on a running system', () =>
  installedProgram('prometheus', 'prometheus'),
);

describe.skipIf(missing)('a running system, scraped by Prometheus', () => {
  const dir = mkdtempSync(join(tmpdir(), 'perennial-prometheus-'));
  let otlp: OtlpReceiver;
  let simulator: Simulator;
  let system: RunningSystem;
  let prometheus: PrometheusServer;
  let admin: Account;
  let turn: SentTurn;

  beforeAll(async () => {
    [otlp, simulator] = await Promise.all([startOtlpReceiver(), startSimulator({ port: 0, models: [MODEL, FAILING] })]);
    system = await launchSystem({
      env: {
        OPENAI_API_BASE_URLS: `${simulator.url}/v1`,
        OPENAI_API_KEYS: 'simulated',
        RAG_EMBEDDING_ENGINE: 'openai',
        RAG_EMBEDDING_MODEL: 'sim-embed',
        RAG_OPENAI_API_BASE_URL: `${simulator.url}/v1`,
        RAG_OPENAI_API_KEY: 'simulated',
        OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
        OTEL_BSP_SCHEDULE_DELAY: '200',
      },
    });
    prometheus = await PrometheusServer.start(dir, healthServers());
    admin = await signUpAdmin(system.baseUrl);
    await use();
    await prometheus.seen('perennial:slo_errors:ratio_rate5m', 3);
  });

  afterAll(async () => {
    await prometheus?.process.stop();
    await system?.stop();
    await Promise.all([simulator?.close(), otlp?.stop()]);
    rmSync(dir, { recursive: true, force: true });
  });

  function healthServers(): string[] {
    return system.run.flatMap(({ healthPort }) => (healthPort === undefined ? [] : [`127.0.0.1:${healthPort}`]));
  }

  /** Answers, one that fails, a document and a question about it, and requests that are refused: twice, because a rate is made of two samples. */
  async function use(): Promise<void> {
    const library = new Library(system.baseUrl, admin, MODEL);
    const base = await library.createBase('Manuals');
    for (let round = 0; round < 2; round += 1) {
      const text = `The pump of round ${round} is serviced each March.`;
      const document = { name: `pump-${round}.txt`, type: 'text/plain', bytes: Buffer.from(text) };
      const ask = async (model: string): Promise<SentTurn> => {
        const sent = await sendTurn(system.baseUrl, admin, newTurn(model, 'When?', 'session'));
        await doneAnswer(system.baseUrl, admin, sent);
        return sent;
      };
      await Promise.all([
        ask(MODEL).then((sent) => (turn = sent)),
        ask(FAILING),
        library
          .upload(document, base)
          .then((fileId) => library.completed(fileId))
          .then(() => library.ask('When is the pump serviced?', base)),
        http('GET', `${system.baseUrl}/api/v1/chats/00000000-0000-4000-8000-000000000000`, { token: admin.token }),
      ]);
      await prometheus.seen('perennial_ready', SERVICES.length);
    }
  }

  it('is scraped without an error, as OpenMetrics', async () => {
    await expect.poll(() => prometheus.targets(), { timeout: 5_000 }).toEqual({ up: SERVICES.length, errors: [] });
  });

  it('exports exactly the metrics of docs/metrics.md: names, types, labels and services', async () => {
    const found = new Map<string, { type: string; labels: Set<string>; services: Set<string> }>();
    for (const target of healthServers()) {
      const text = await (await fetch(`http://${target}/metrics`)).text();
      const service = /service="(\w+)"/.exec(text)?.[1] ?? '';
      for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm)) {
        const known = found.get(name) ?? { type, labels: new Set<string>(), services: new Set<string>() };
        found.set(name, known);
        known.services.add(service);
      }
      for (const [, series = '', labels = ''] of text.matchAll(/^(\w+)\{(.*)\} \S+$/gm))
        for (const label of labelsOf(`{${labels}}`)) found.get(metricOf(series))?.labels.add(label);
    }
    const documented = documentedMetrics();
    expect([...found.keys()].sort()).toEqual(documented.map(({ name }) => name).sort());
    for (const { name, type, labels, services } of documented) {
      const exported = found.get(name)!;
      expect({ name, type: exported.type, services: SERVICES.filter((each) => exported.services.has(each)) }).toEqual({
        name,
        type,
        services,
      });
      const undocumented = [...exported.labels].filter((label) => ![...labels, 'service', 'le'].includes(label));
      expect({ name, undocumented }).toEqual({ name, undocumented: [] });
    }
  });

  it('answers every query of every dashboard', async () => {
    const empty: string[] = [];
    for (const { where, expr } of panelQueries('1m')) {
      const samples = await prometheus.query(expr);
      // NaN is the quantile of nothing.
      const isEmpty = samples.every(({ value }) => value[1] === 'NaN');
      if (isEmpty && !selectors(expr).some(isOfFailures)) empty.push(`${where}: ${expr}`);
    }
    expect(empty).toEqual([]);
  });

  it('evaluates every rule without an error, and no alert fires', async () => {
    const evaluated = await waitFor(
      async () => {
        const all = await prometheus.rules();
        return all.every(({ health }) => health !== 'unknown') && all;
      },
      { timeoutMs: 10_000, what: 'the rules to be evaluated' },
    );
    expect(evaluated.length).toBe(rules().length);
    expect(evaluated.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(await prometheus.query('ALERTS{alertstate="firing"}')).toEqual([]);
  });

  it('has a series for each selector of a rule, and the metric and labels of those that ask about failures', async () => {
    const documented = new Map(documentedMetrics().map((metric) => [metric.name, metric]));
    const recorded = new Set(rules().map(({ record }) => record));
    const faults: string[] = [];
    for (const { expr, alert, record } of rules()) {
      for (const selector of selectors(expr)) {
        const name = metricOf(selector);
        const metric = documented.get(name);
        if (metric === undefined && !recorded.has(name)) faults.push(`${alert ?? record}: ${name} does not exist`);
        const known = [...(metric?.labels ?? ['slo']), 'service', 'instance', 'le'];
        for (const label of labelsOf(selector))
          if (!known.includes(label)) faults.push(`${alert ?? record}: ${name} has no label ${label}`);
        if (isOfFailures(selector) || (await prometheus.query(selector)).length > 0) continue;
        faults.push(`${alert ?? record}: ${selector} selects nothing`);
      }
    }
    expect(faults).toEqual([]);
  });

  it('leads from a histogram to the trace of a turn, which has the ids of its chat and message', async () => {
    const [turnSpan] = await waitFor(
      () => {
        const spans = otlp.spans.filter(({ attributes }) => attributes['perennial.message.id'] === turn.messageId);
        return spans.length > 0 && spans;
      },
      { timeoutMs: 10_000, what: 'the attempt to be exported' },
    );
    expect(turnSpan!.attributes).toMatchObject({
      'perennial.chat.id': turn.chatId,
      'perennial.message.id': turn.messageId,
      'perennial.run.id': turn.runId,
    });
    for (const metric of ['run_first_token_seconds', 'http_request_duration_seconds', 'rpc_duration_seconds']) {
      const exemplars = await prometheus.exemplars(`perennial_${metric}_bucket`);
      expect(exemplars.length, metric).toBeGreaterThan(0);
      // The youngest spans are still on their way.
      await expect.poll(() => exemplars.filter((id) => otlp.trace(id).length === 0), { timeout: 10_000 }).toEqual([]);
    }
    for (const traceId of await prometheus.exemplars('perennial_run_first_token_seconds_bucket'))
      expect(otlp.trace(traceId).map(({ name }) => name)).toContain('run attempt');
  });
});

function isOfFailures(selector: string): boolean {
  return FAILURES.some((pattern) => pattern.test(selector));
}
