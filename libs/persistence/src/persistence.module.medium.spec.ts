import { fileURLToPath } from 'node:url';
import { type OtlpReceiver, startOtlpReceiver } from '@perennial/testing';
import {
  freePort,
  type ManagedProcess,
  type PostgresServer,
  startPostgres,
  startProcess,
  waitFor,
} from '@perennial/testing/servers';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';

// Real: a built service as a child process with its telemetry preload, a Postgres of its own, an OTLP receiver.
const root = fileURLToPath(new URL('..', import.meta.url));
let postgres: PostgresServer;
let receiver: OtlpReceiver;
let service: ManagedProcess;
let health: string;
let work: string;

const field = (name: string, of = service): string | undefined => new RegExp(`"${name}":(\\d+)`).exec(of.output)?.[1];

const startNotes = (databaseUrl: string): ManagedProcess =>
  startProcess({
    name: 'notes',
    command: process.execPath,
    args: ['--import', './dist/service/telemetry.js', './dist/service/service.js'],
    cwd: root,
    env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
    cleanEnv: true,
  });

beforeAll(async () => {
  [postgres, receiver] = await Promise.all([startPostgres(), startOtlpReceiver()]);
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir: 'dist/service',
      target: 'node20',
      rollupOptions: {
        input: {
          service: 'test/service.ts',
          telemetry: fileURLToPath(import.meta.resolve('@perennial/runtime/telemetry')),
        },
        output: { format: 'es', entryFileNames: '[name].js' },
      },
    },
    define: { __PERENNIAL_SERVICE__: '"notes"' },
    ssr: { noExternal: [/^@perennial\//] },
  });
  service = startNotes(postgres.url);
  await service.waitUntil(() => service.output.includes('"msg":"ready"'), 'it is ready');
  health = `http://127.0.0.1:${field('health_port') ?? ''}/health/ready`;
  work = `http://127.0.0.1:${field('work_port') ?? ''}`;
});

afterAll(async () => {
  if (service?.running) await service.kill();
  await receiver?.stop();
  await postgres?.stop();
});

it('records the statements of a unit of work as spans, without users’ text', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const answer = await fetch(`${work}/key-1`, { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });
  expect(await answer.text()).toBe('1');
  expect(await (await fetch(`${work}/key-1`)).text()).toBe('1');
  const parent = await receiver.waitForSpan((span) => span.name === 'add a note' && span.traceId === traceId);
  const statements = receiver
    .trace(traceId)
    .filter((span) => span.parentSpanId === parent.spanId)
    .map((span) => String(span.attributes['db.statement'] ?? span.attributes['db.query.text']));
  expect(statements.map((statement) => statement.split(' ')[0])).toEqual(
    expect.arrayContaining(['BEGIN', 'INSERT', 'UPDATE', 'COMMIT', 'SELECT']),
  );
  expect(JSON.stringify(receiver.spans.map(({ attributes, name }) => ({ attributes, name })))).not.toContain('private');
});

it('is ready except while Postgres is away', async () => {
  await postgres.kill();
  const failing = await waitFor(async () => {
    const response = await fetch(health);
    return response.status === 503 ? response : undefined;
  });
  expect(await failing.json()).toMatchObject({ status: 'failing', checks: [{ name: 'postgres', ok: false }] });
  expect((await fetch(`${work}/key-2`)).status).toBe(503);
  await postgres.start();
  await waitFor(async () => (await fetch(health)).status === 200);
  expect(await (await fetch(`${work}/key-2`)).text()).toBe('2');
});

it('closes its connections when it drains', async () => {
  service.signal('SIGTERM');
  expect(await service.exited, service.output).toEqual({ code: 0, signal: null });
});

it('is alive but not ready while it waits for a database at start, and stops at once at SIGTERM', async () => {
  const waiting = startNotes(`postgres://postgres@127.0.0.1:${await freePort()}/postgres`);
  onTestFinished(async () => void (waiting.running && (await waiting.kill())));
  await waiting.waitUntil(() => waiting.output.includes('the database cannot be reached, retrying'), 'it waits');
  const origin = `http://127.0.0.1:${field('health_port', waiting) ?? ''}`;
  expect((await fetch(`${origin}/health/live`)).status).toBe(200);
  const readiness = await fetch(`${origin}/health/ready`);
  expect(readiness.status).toBe(503);
  expect(await readiness.json()).toMatchObject({ status: 'starting' });
  waiting.signal('SIGTERM');
  expect(await waiting.exited, waiting.output).toEqual({ code: 0, signal: null });
});
