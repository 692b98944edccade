import { expect, it } from 'vitest';
import { BoundedLabel } from './bounded-labels';
import { Metrics } from './metrics';
import { collectProcessMetrics } from './process-metrics';

it('are the same for every scraper: counters never fall, and a scrape resets nothing', async () => {
  const metrics = new Metrics('chat');
  collectProcessMetrics(metrics, 'chat-1');
  const value = async (series: string): Promise<number> => {
    const line = (await metrics.text()).body.split('\n').find((each) => each.startsWith(`perennial_${series}`));
    return Number(line?.split(' ').at(-1));
  };
  const cpu = await value('process_cpu_seconds_total{mode="user"');
  expect(cpu).toBeGreaterThan(0);
  expect(await value('process_cpu_seconds_total{mode="user"')).toBeGreaterThanOrEqual(cpu);
  expect(await value('event_loop_busy_seconds_total')).toBeGreaterThanOrEqual(0);
  const text = (await metrics.text()).body;
  expect(text).toContain('# TYPE perennial_process_cpu_seconds_total counter');
  expect(text).toMatch(/perennial_build_info\{version="[\d.]+",node="v\d+[\d.]+",process="chat-1",service="chat"\} 1/);
});

it('labels from outside are limited', () => {
  const label = new BoundedLabel(2);
  expect(['a', 'b', 'c', 'a', 'x'.repeat(101)].map((value) => label.of(value))).toEqual([
    'a',
    'b',
    'other',
    'a',
    'other',
  ]);
});
