import { randomUUID } from 'node:crypto';
import { CallError } from '@perennial/contracts-kernel';
import { promptDigest } from '@perennial/provider-simulator';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver, waitFor } from '@perennial/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { inWorld } from './in-world';
import { startRetrievalDouble } from './retrieval-double';
import { newUser, type World } from './world';

/** Real: Postgres, Redis, the transport, built chat processes and their telemetry, an OTLP receiver. Not real: config, the provider. */
describe('the trace of a turn', () => {
  let world: World;
  let otlp: OtlpReceiver;
  inWorld(async (started) => {
    world = started;
    otlp = await startOtlpReceiver();
    await world.chat('api', { OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url });
  });
  afterAll(() => otlp?.stop());

  const worker = () => world.chat('worker', { OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url });

  function attempt(runId: string, epoch: number): Promise<ReceivedSpan> {
    return waitFor(
      () =>
        otlp.spans.find(
          ({ name, attributes }) =>
            name === 'run attempt' &&
            attributes['perennial.run.id'] === runId &&
            attributes['perennial.run.epoch'] === epoch,
        ),
      { timeoutMs: 20_000, what: `the span of attempt ${epoch}` },
    );
  }

  it('has the accept, the queue, the attempt, the provider call and the statements in one tree, and nothing of their content', async () => {
    const handle = await worker();
    const turn = await world.ask({ model: 'sim-t30-r60-x', title: true });
    const end = await (await world.follow(turn.runId)).ended();
    const span = await attempt(turn.runId, 1);
    // Each process sends its spans at its own time.
    const find = (name: string, parentSpanId?: string): Promise<ReceivedSpan> =>
      waitFor(
        () =>
          otlp
            .trace(span.traceId)
            .find((seen) => seen.name === name && (parentSpanId === undefined || seen.parentSpanId === parentSpanId)),
        { timeoutMs: 15_000, what: `the span ${name}` },
      );
    const accept = await find('chat.runs.accept');
    expect(span.parentSpanId).toBe(accept.spanId);
    const call = await find('chat sim-t30-r60-x', span.spanId);
    // The provider can continue the trace.
    expect(world.simulator.stats().prompts[promptDigest(turn.prompt)]?.traceparent).toBe(
      `00-${span.traceId}-${call.spanId}-01`,
    );
    const spans = otlp.trace(span.traceId);
    expect(call.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'sim-t30-r60-x',
      'gen_ai.usage.output_tokens': 30,
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
    });
    const scopes = new Set(spans.map(({ scope }) => scope));
    expect([...scopes].join(' ')).toMatch(/bullmq/);
    expect([...scopes].join(' ')).toMatch(/instrumentation-pg/);
    expect(spans.length).toBeLessThan(60);
    const everything = JSON.stringify(otlp.spans, (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    expect(everything).not.toContain(turn.prompt);
    expect(everything).not.toContain(end.text.slice(0, 20));
    await handle.stop();
  }, 60_000);

  it('makes every attempt a child of the accept and links the previous one', async () => {
    await worker();
    await worker();
    const turn = await world.ask({ model: 'sim-t400-r60-x' });
    const reader = await world.follow(turn.runId);
    await reader.has(300);
    const { rows } = await world.db.query<{ attempt_traceparent: string; traceparent: string }>(
      'SELECT attempt_traceparent, traceparent FROM runs WHERE id = $1',
      [turn.runId],
    );
    const [, traceId, acceptId] = rows[0]!.traceparent.split('-');
    const [, , attemptId] = rows[0]!.attempt_traceparent.split('-');
    await (await world.ownerOf(turn.runId)).kill();
    await world.complete(turn, reader);
    const second = await attempt(turn.runId, 2);
    expect(second).toMatchObject({ traceId, parentSpanId: acceptId });
    expect(second.links.map((link) => link.spanId)).toContain(attemptId);
  }, 60_000);

  it('has a span for the document search with its failure, without content', async () => {
    const retrieval = await startRetrievalDouble(world.stores.redisUrl, world.prefix);
    const user = newUser();
    const id = randomUUID();
    const secret = `Secret ${randomUUID()}`;
    retrieval.documents.set(id, { owner: user.userId, name: `${secret}.pdf`, texts: [secret] });
    const handle = await worker();
    const ask = async (): Promise<ReceivedSpan[]> => {
      const turn = await world.ask({ user, model: 'sim-t5-r60-x', attached: [{ type: 'file', id }] });
      await (await world.follow(turn.runId)).ended();
      const { traceId, spanId } = await attempt(turn.runId, 1);
      const consulted = await waitFor(
        () => otlp.trace(traceId).find((span) => span.name === 'consult documents' && span.parentSpanId === spanId),
        { timeoutMs: 15_000, what: 'the look into documents' },
      );
      return waitFor(
        () => {
          const inside = otlp.trace(traceId).filter((span) => span.parentSpanId === consulted.spanId);
          return ['chat sim-t5-r60-x', 'retrieval.search'].every((name) => inside.some((span) => span.name === name))
            ? [consulted, ...inside]
            : undefined;
        },
        { timeoutMs: 15_000, what: 'what the look into documents did' },
      );
    };
    const [consulted, ...inside] = await ask();
    expect(consulted?.attributes).toMatchObject({ 'perennial.documents.items': 1, 'perennial.documents.found': 1 });
    expect(inside.find(({ name }) => name.startsWith('chat'))?.attributes['perennial.task']).toBe('queries');
    retrieval.refusal = new CallError('UNAVAILABLE', 'It does not answer.', { reason: 'vector_store' });
    const [failed] = await ask();
    expect(failed?.attributes['error.type']).toBe('UNAVAILABLE');
    const everything = JSON.stringify(otlp.spans, (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    expect(everything).not.toContain(secret);
    expect(everything).not.toContain('simulated query');
    await handle.stop();
    await retrieval.close();
  }, 60_000);
});
