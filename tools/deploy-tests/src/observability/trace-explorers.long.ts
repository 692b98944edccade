import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signUpAdmin } from '@perennial/e2e/support/accounts';
import { doneAnswer } from '@perennial/e2e/support/answers';
import { newTurn, sendTurn, type SentTurn } from '@perennial/e2e/support/turn';
import { launchSystem } from '@perennial/launcher';
import { freePort, installedProgram, ManagedProcess, ServerUnavailable } from '@perennial/local-runtime/servers';
import { startSimulator } from '@perennial/provider-simulator';
import { missingServer, type ReceivedSpan, startOtlpReceiver } from '@perennial/testing';
import { waitFor } from '@perennial/testing/servers';
import { describe, expect, it } from 'vitest';

const MODEL = 'sim-t20-r200-x';

/** The exec jar of Zipkin (Maven `io.zipkin:zipkin-server:3.5.1:jar:exec`). */
async function zipkinCommand(): Promise<{ command: string; args: string[] }> {
  const jar = process.env['ZIPKIN_JAR'];
  if (!jar) throw new ServerUnavailable('ZIPKIN_JAR does not name the jar of io.zipkin:zipkin-server:exec');
  return { command: await installedProgram('java', 'default-jre-headless'), args: ['-Xmx384m', '-jar', jar] };
}

const noZipkin = await missingServer('traces in Zipkin', zipkinCommand);
const noPhoenix = await missingServer('traces in Phoenix', () =>
  installedProgram('phoenix', 'none; PyPI: arize-phoenix'),
);

/** Sends one turn through a system that exports its spans to `endpoint`. */
async function turnWithTraces(endpoint: string): Promise<SentTurn> {
  const simulator = await startSimulator({ port: 0, models: [MODEL] });
  const system = await launchSystem({
    env: {
      OPENAI_API_BASE_URLS: `${simulator.url}/v1`,
      OPENAI_API_KEYS: 'simulated',
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    },
  });
  try {
    const account = await signUpAdmin(system.baseUrl);
    const sent = await sendTurn(system.baseUrl, account, newTurn(MODEL, 'Hello', 'session'));
    await doneAnswer(system.baseUrl, account, sent);
    return sent;
  } finally {
    // Each process sends its last spans before it ends.
    await system.stop();
    await simulator.close();
  }
}

describe.skipIf(noPhoenix)('Phoenix', () => {
  it('shows a turn by the id of its message; the processes send to it directly', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'perennial-phoenix-'));
    const port = await freePort();
    const phoenix = new ManagedProcess({
      name: 'phoenix',
      command: await installedProgram('phoenix', 'none; PyPI: arize-phoenix'),
      args: ['serve'],
      env: {
        PHOENIX_HOST: '127.0.0.1',
        PHOENIX_PORT: String(port),
        PHOENIX_GRPC_PORT: String(await freePort()),
        PHOENIX_WORKING_DIR: dir,
        PHOENIX_TELEMETRY_ENABLED: 'false',
      },
    });
    phoenix.start();
    const url = `http://127.0.0.1:${port}`;
    try {
      await phoenix.waitUntil(async () => (await fetch(`${url}/healthz`)).ok, 'it is ready', 120_000);
      const { messageId } = await turnWithTraces(url);
      const found = await waitFor(
        async () => {
          const reply = await fetch(
            `${url}/v1/projects/default/spans?${new URLSearchParams({ attribute: `perennial.message.id:${messageId}` }).toString()}`,
          );
          const { data } = (await reply.json()) as { data: { name: string }[] };
          return data[0];
        },
        { timeoutMs: 30_000, intervalMs: 500, what: 'the attempt to be in Phoenix' },
      );
      expect(found.name).toBe('run attempt');
    } finally {
      await phoenix.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  }, 240_000);
});

describe.skipIf(noZipkin)('Zipkin', () => {
  it('finds a turn by the ids of its chat and message; a receiver translates, as the collector does', async () => {
    const otlp = await startOtlpReceiver();
    const port = await freePort();
    const zipkin = new ManagedProcess({
      name: 'zipkin',
      ...(await zipkinCommand()),
      env: { QUERY_PORT: String(port), STORAGE_TYPE: 'mem' },
    });
    zipkin.start();
    const url = `http://127.0.0.1:${port}`;
    try {
      await zipkin.waitUntil(async () => (await fetch(`${url}/health`)).ok, 'it is ready', 120_000);
      const { chatId, messageId } = await turnWithTraces(otlp.url);
      const sent = await fetch(`${url}/api/v2/spans`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(otlp.spans.map(toZipkin)),
      });
      expect(sent.status).toBe(202);
      for (const tag of [`perennial.chat.id=${chatId}`, `perennial.message.id=${messageId}`]) {
        const traces = await waitFor(
          async () => {
            const query = new URLSearchParams({ serviceName: 'perennial-chat', annotationQuery: tag });
            const reply = await fetch(`${url}/api/v2/traces?${query.toString()}`);
            const found = (await reply.json()) as { name: string; localEndpoint: { serviceName: string } }[][];
            return found.length > 0 && found;
          },
          { timeoutMs: 30_000, intervalMs: 200, what: 'the trace to be in Zipkin' },
        );
        expect(traces).toHaveLength(1);
        const services = new Set(traces[0]!.map(({ localEndpoint }) => localEndpoint.serviceName));
        expect([...services]).toEqual(
          expect.arrayContaining(['perennial-gateway', 'perennial-chat', 'perennial-config']),
        );
      }
    } finally {
      await zipkin.stop();
      await otlp.stop();
    }
  }, 240_000);
});

const KINDS = [undefined, undefined, 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];

function toZipkin(span: ReceivedSpan): object {
  const micros = (nanos: bigint): number => Number(nanos / 1_000n);
  return {
    traceId: span.traceId,
    id: span.spanId,
    ...(span.parentSpanId && { parentId: span.parentSpanId }),
    name: span.name,
    kind: KINDS[span.kind],
    timestamp: micros(span.startTime),
    duration: Math.max(1, micros(span.endTime - span.startTime)),
    localEndpoint: { serviceName: String(span.resource['service.name']) },
    tags: Object.fromEntries(Object.entries(span.attributes).map(([key, value]) => [key, String(value)])),
  };
}
