import { expect, it } from 'vitest';
import { Metrics } from './metrics';

it('metrics have the prefix and the service, and a name is always the same metric', async () => {
  const metrics = new Metrics('chat');
  metrics.counter('runs_total', 'Runs', ['state']).inc({ state: 'finished' });
  metrics.counter('runs_total', 'Runs', ['state']).inc({ state: 'finished' });
  metrics.histogram('first_token_seconds', 'Time to first token').observe({}, 0.2);
  let depth = 3;
  metrics.gauge('queue_depth', 'Waiting', [], (gauge) => gauge.set(depth));
  depth = 7;
  const text = (await metrics.text()).body;
  expect(text).toContain('perennial_runs_total{state="finished",service="chat"} 2');
  expect(text).toContain('perennial_first_token_seconds_bucket{le="0.25",service="chat"} 1');
  expect(text).toContain('perennial_queue_depth{service="chat"} 7');
});
