import { launchSystem, type RunningSystem } from '@perennial/launcher';
import { type Simulator, startSimulator } from '@perennial/provider-simulator';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '@perennial/testing';
import { waitFor } from '@perennial/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, signUpAdmin } from './support/accounts';
import { doneAnswer } from './support/answers';
import { Owners } from './support/owners';
import { newTurn, sendTurn } from './support/turn';

const PROMPT = 'a prompt that no span may hold';
const KEY = 'a-key-that-no-span-may-hold';
const EXPORT_MS = 20_000;

const service = (span: ReceivedSpan) => String(span.resource['service.name']);

describe('one turn is one trace', () => {
  let otlp: OtlpReceiver;
  let simulator: Simulator;
  let system: RunningSystem;
  let account: Account;

  beforeAll(async () => {
    otlp = await startOtlpReceiver();
    simulator = await startSimulator({ port: 0, models: ['sim-t30-r100-x', 'sim-t150-r30-x'] });
    system = await launchSystem({
      scale: { chat: 2 },
      env: {
        OPENAI_API_BASE_URLS: `${simulator.url}/v1`,
        OPENAI_API_KEYS: KEY,
        OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
        OTEL_BSP_SCHEDULE_DELAY: '200',
      },
    });
    account = await signUpAdmin(system.baseUrl);
  });

  afterAll(async () => {
    await system?.stop();
    await simulator?.close();
    await otlp?.stop();
  });

  const providerCalls = (spans: ReceivedSpan[]) =>
    spans.filter((span) => span.attributes['gen_ai.operation.name'] === 'chat' && service(span) === 'perennial-chat');
  const rootsOf = (spans: ReceivedSpan[]) => {
    const ids = new Set(spans.map(({ spanId }) => spanId));
    return spans.filter(({ parentSpanId }) => !ids.has(parentSpanId));
  };
  const laterAttempt = (spans: ReceivedSpan[]) =>
    spans.find((span) => span.links.length > 0 && service(span) === 'perennial-chat');

  /** Sends a turn and waits until its exported trace is complete. */
  async function traceOf(
    model: string,
    disturb: (runId: string) => Promise<void>,
    complete: (spans: ReceivedSpan[]) => boolean,
  ): Promise<ReceivedSpan[]> {
    otlp.clear();
    const sent = await sendTurn(system.baseUrl, account, newTurn(model, PROMPT, 'session'));
    await disturb(sent.runId);
    await doneAnswer(system.baseUrl, account, sent, 60_000);
    return waitFor(
      () => {
        const call = providerCalls(otlp.spans).find((span) => span.attributes['gen_ai.request.model'] === model);
        const spans = call ? otlp.trace(call.traceId) : [];
        return complete(spans) ? spans : undefined;
      },
      { timeoutMs: EXPORT_MS, what: 'the whole trace to be exported' },
    );
  }

  it('from the request to the provider, in one tree', async () => {
    const spans = await traceOf(
      'sim-t30-r100-x',
      async () => undefined,
      // The answer and the title, under one root.
      (exported) => providerCalls(exported).length === 2 && rootsOf(exported).length === 1,
    );
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    expect(service(rootsOf(spans)[0]!)).toBe('perennial-gateway');

    const path = (span: ReceivedSpan | undefined): string[] =>
      span ? [...path(byId.get(span.parentSpanId)), `${service(span)}: ${span.name}`] : [];
    const calls = providerCalls(spans);
    for (const call of calls)
      expect(path(call).join(' > ')).toMatch(/perennial-gateway.*chat\.runs\.accept.*perennial-chat/);
    expect(calls.map((call) => call.attributes['gen_ai.usage.output_tokens'])).toContain(30);

    expect(
      spans.some((span) => service(span) === 'perennial-chat' && span.attributes['db.system.name'] === 'postgresql'),
    ).toBe(true);
    expect(spans.some((span) => service(span) === 'perennial-config')).toBe(true);
    expect(
      spans.some((span) => /redis/.test(String(span.attributes['db.system.name'] ?? span.attributes['db.system']))),
    ).toBe(true);
  });

  it('also across a take-over: the attempts are siblings, the later one links the earlier', async () => {
    const owners = new Owners(() => system.postgresUrl);
    try {
      const spans = await traceOf(
        'sim-t150-r30-x',
        async (runId) => {
          const owner = await waitFor(() => owners.ownerOf(runId), { timeoutMs: 5_000, what: 'an owner' });
          await new Promise((resolve) => setTimeout(resolve, 1_000));
          await system.kill('chat', Number(owner.slice(owner.lastIndexOf('-') + 1)));
        },
        (exported) => laterAttempt(exported) !== undefined,
      );
      const attempt = laterAttempt(spans)!;
      expect(attempt.links[0]!.traceId).toBe(attempt.traceId);
    } finally {
      await owners.close();
    }
  });

  it('contains no prompt, no answer and no key', () => {
    const all = JSON.stringify(otlp.spans, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    expect(all).not.toContain(PROMPT);
    expect(all).not.toContain(KEY);
    expect(all).not.toMatch(/ w[0-9a-z]{4} w[0-9a-z]{4}/);
  });
});
