import type { Logger } from 'pino';
import { expect, it, vi } from 'vitest';
import { watchEventLoop } from './event-loop-watch';
import { Metrics } from './metrics';

it('reports a blocked event loop, its duration, and whether the process used CPU', async () => {
  const metrics = new Metrics('chat');
  const warn = vi.fn();
  watchEventLoop(metrics, { warn } as unknown as Logger);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce());
  const [{ blocked_ms: blocked, cpu_ms: cpu }] = warn.mock.calls[0] as [{ blocked_ms: number; cpu_ms: number }];
  expect(blocked).toBeGreaterThanOrEqual(500);
  expect(cpu).toBeLessThan(blocked);
  expect((await metrics.text()).body).toContain('perennial_event_loop_blocks_total{service="chat"} 1');
});
