import { fileURLToPath } from 'node:url';
import { startOtlpReceiver } from '@perennial/testing';
import { type ManagedProcess, startProcess, waitFor } from '@perennial/testing/servers';
import { build } from 'vite';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

vi.setConfig({ testTimeout: 30_000 });

// Real: a child process, its signals, its HTTP server and its standard output.
const root = fileURLToPath(new URL('..', import.meta.url));
const started: ManagedProcess[] = [];

const ENV = {
  PATH: process.env['PATH'],
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://perennial:8fUq20xkW1mZ@127.0.0.1:1/perennial',
  SECRET_KEY: 'f3b0c1d29a7e4458b1c6d0e2',
  SHUTDOWN_GRACE_MS: '2000',
};

interface Line {
  msg: string;
  level?: string;
  [field: string]: unknown;
}

function start(env: Record<string, string | undefined> = {}): ManagedProcess {
  const handle = startProcess({
    name: 'test service',
    command: process.execPath,
    args: ['--import', './dist/telemetry.js', './dist/service.js'],
    cwd: root,
    env: { ...ENV, ...env },
    cleanEnv: true,
  });
  started.push(handle);
  return handle;
}

const lines = (handle: ManagedProcess): Line[] =>
  handle.output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
const line = (handle: ManagedProcess, msg: string): Line | undefined =>
  lines(handle).find((candidate) => candidate.msg === msg);

async function ready(handle: ManagedProcess): Promise<{ health: string; work: string }> {
  await handle.waitUntil(() => line(handle, 'ready') !== undefined, 'it is ready');
  return {
    health: `http://127.0.0.1:${String(line(handle, 'health is served')?.['health_port'])}`,
    work: `http://127.0.0.1:${String(line(handle, 'work is served')?.['work_port'])}`,
  };
}

beforeAll(async () => {
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir: 'dist',
      target: 'node20',
      rollupOptions: {
        input: { service: 'test/service.ts', telemetry: 'src/telemetry/telemetry.ts' },
        output: { format: 'es', entryFileNames: '[name].js' },
      },
    },
    define: { __PERENNIAL_SERVICE__: '"test"' },
    ssr: { noExternal: [/^@perennial\//] },
  });
}, 60_000);

afterEach(async () => {
  await Promise.all(started.splice(0).map((handle) => (handle.running ? handle.kill() : undefined)));
});

describe('a start', () => {
  it('is refused; the report names each variable, its problem and a valid value', async () => {
    const handle = start({ DATABASE_URL: 'mysql://root:hunter2@db/x', SECRET_KEY: undefined, HAND_OVER_MS: 'long' });
    expect(await handle.exited).toEqual({ code: 78, signal: null });
    await waitFor(() => handle.output.includes('docs/environment.md'));
    expect(handle.output).toContain('test cannot start: 3 environment variables are not right.');
    expect(handle.output).toMatch(/DATABASE_URL must be a URL that starts with postgres:\/\//);
    expect(handle.output).toMatch(
      /SECRET_KEY is not set\n.*Put there: the output of `openssl rand -hex 32` \(WEBUI_SECRET_KEY is read as well\)/,
    );
    expect(handle.output).toMatch(/HAND_OVER_MS .*\(it is "long"\)/);
    expect(handle.output).not.toContain('hunter2');
  });

  it('is refused in production if a secret is a placeholder', async () => {
    const handle = start({ SECRET_KEY: undefined, WEBUI_SECRET_KEY: 't0p-s3cr3t' });
    expect((await handle.exited).code).toBe(78);
    await waitFor(() => handle.output.includes('SECRET_KEY is a placeholder'));
  });

  it('that fails exits with 1 and logs the reason without passwords', async () => {
    const handle = start({ BREAK: 'start' });
    expect((await handle.exited).code).toBe(1);
    await waitFor(() => line(handle, 'the service could not start'));
    expect(handle.output).toContain('postgres://perennial:[redacted]@127.0.0.1:1');
    expect(handle.output).not.toContain('8fUq20xkW1mZ');
  });
});

describe('a running service', () => {
  it('serves health and metrics', async () => {
    const handle = start();
    const { health } = await ready(handle);
    expect((await fetch(`${health}/health/live`)).status).toBe(200);
    const report = await fetch(`${health}/health/ready`);
    expect(report.status).toBe(200);
    expect(await report.json()).toEqual({
      status: 'ready',
      checks: [{ name: 'engine', ok: true, required: true, detail: 'turns' }],
    });
    const metrics = await (await fetch(`${health}/metrics`)).text();
    expect(metrics).toMatch(/perennial_event_loop_lag_seconds\{quantile="0\.99",service="test"\} 0/);
    expect(metrics).toContain('perennial_process_resident_memory_bytes');
    expect((await fetch(`${health}/health`)).status).toBe(404);
  });

  it('drains at SIGTERM: not ready at once, hooks in order, exit 0', async () => {
    const handle = start({ HAND_OVER_MS: '500' });
    const { health } = await ready(handle);
    handle.signal('SIGTERM');
    const draining = await waitFor(async () => {
      const response = await fetch(`${health}/health/ready`);
      return response.status === 503 ? response : undefined;
    });
    expect(await draining.json()).toMatchObject({ status: 'draining' });
    expect(await handle.exited).toEqual({ code: 0, signal: null });
    await waitFor(() => line(handle, 'ended'));
    const order = [
      'draining',
      'intake stopped',
      'handing over',
      'handed over',
      'strategy closed',
      'last words',
      'ended',
    ];
    expect(
      lines(handle)
        .map(({ msg }) => msg)
        .filter((msg) => order.includes(msg)),
    ).toEqual(order);
    expect(line(handle, 'handing over')?.['remaining_ms']).toBeLessThanOrEqual(2_000);
  });

  it('after SIGTERM still serves, not ready, until the delay ends or a second signal arrives', async () => {
    const handle = start({ DELAY_MS: '60000' });
    const { health, work } = await ready(handle);
    handle.signal('SIGTERM');
    await waitFor(async () => (await fetch(`${health}/health/ready`)).status === 503);
    expect(await (await fetch(`${work}/errands/7`)).text()).toBe('ok');
    expect(line(handle, 'asked to come back')).toBeDefined();
    expect(line(handle, 'intake stopped')).toBeUndefined();
    handle.signal('SIGTERM');
    expect(await handle.exited).toEqual({ code: 0, signal: null });
    expect(line(handle, 'intake stopped')).toBeDefined();
  });

  it('after SIGINT does not wait for load balancers', async () => {
    const handle = start({ DELAY_MS: '60000' });
    await ready(handle);
    handle.signal('SIGINT');
    expect(await handle.exited).toEqual({ code: 0, signal: null });
  });

  it('exits with 1 when the grace is too short', async () => {
    const handle = start({ HAND_OVER_MS: '60000', SHUTDOWN_GRACE_MS: '400' });
    await ready(handle);
    handle.signal('SIGINT');
    expect((await handle.exited).code).toBe(1);
    expect(await waitFor(() => line(handle, 'drain hook failed'))).toMatchObject({ hook: 'hand over' });
  });

  it('exits and logs an id after an unexpected rejection', async () => {
    const handle = start({ BREAK: 'later' });
    expect((await handle.exited).code).toBe(1);
    await waitFor(() => line(handle, 'unexpected error, the process ends'));
    expect(line(handle, 'unexpected error, the process ends')).toMatchObject({
      level: 'fatal',
      kind: 'unhandledRejection',
      error_id: expect.stringMatching(/^err-[0-9a-f]{12}$/) as string,
    });
  });
});

describe('telemetry', () => {
  it('gives log lines a trace id, even if no span is recorded', async () => {
    const handle = start({ INSTANCE_ID: 'test-7' });
    const { work } = await ready(handle);
    await fetch(`${work}/errands/7`);
    const logged = await waitFor(() => line(handle, 'in a request'));
    expect(logged).toMatchObject({ service: 'test', instance: 'test-7', password: '[redacted]' });
    expect(logged['trace_id']).toMatch(/^[0-9a-f]{32}$/);
    expect(logged['span_id']).toMatch(/^[0-9a-f]{16}$/);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await fetch(`${work}/errands/8`, { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
    await waitFor(() => lines(handle).find((one) => one.msg === 'in a request' && one['trace_id'] === traceId));
  });

  it('sends spans to the receiver, the last ones in the drain', async () => {
    const receiver = await startOtlpReceiver();
    try {
      const handle = start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
      const { work, health } = await ready(handle);
      const traceId = '0af7651916cd43dd8448eb211c80319c';
      await fetch(`${work}/errands/7`, { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
      await fetch(`${health}/health/live`);
      handle.signal('SIGTERM');
      expect((await handle.exited).code).toBe(0);
      const spans = receiver.trace(traceId);
      const server = spans.find((span) => span.kind === 2);
      const route = spans.find((span) => span.parentSpanId === server?.spanId);
      const inner = spans.find((span) => span.name === 'work');
      expect(server).toMatchObject({ parentSpanId: 'b7ad6b7169203331', attributes: { 'http.route': '/errands/:id' } });
      expect(inner?.parentSpanId).toBe(route?.spanId);
      expect(spans).toHaveLength(3);
      expect(inner?.resource).toMatchObject({
        'service.name': 'perennial-test',
        'service.instance.id': line(handle, 'ready')?.['instance'],
      });
      expect(line(handle, 'in a request')).toMatchObject({ trace_id: traceId, span_id: route?.spanId });
      expect(receiver.spans.some((span) => JSON.stringify(span.attributes).includes('/health'))).toBe(false);
    } finally {
      await receiver.stop();
    }
  });
});
