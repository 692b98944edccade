import { expect, it } from 'vitest';
import { definitionsIn, metricDefinitions } from './metrics-source.mjs';

it('finds each metric with its type, text, labels and services', () => {
  const found = metricDefinitions();
  expect(found.find(({ name }) => name === 'perennial_tokens_total')).toEqual({
    name: 'perennial_tokens_total',
    type: 'counter',
    help: 'Tokens reported by providers',
    labels: ['kind', 'provider', 'model'],
    services: ['chat'],
  });
  // Of libraries: by the services that need them.
  expect(found.find(({ name }) => name === 'perennial_queue_jobs')?.services).toEqual(['chat', 'retrieval']);
  expect(found.find(({ name }) => name === 'perennial_ready')?.services).toHaveLength(5);
});

it('follows constants, and the nearest of several', () => {
  const text = `
    const help = 'One'; runtime.metrics.gauge('one', help);
    const help2 = 'Two'; const labels = ['a', 'b'] as const;
    metrics.counter('two_total', help2, labels, (counter) => counter.inc());`;
  expect(definitionsIn('x.ts', text)).toEqual([
    { name: 'perennial_one', type: 'gauge', help: 'One', labels: [] },
    { name: 'perennial_two_total', type: 'counter', help: 'Two', labels: ['a', 'b'] },
  ]);
});

it('refuses a name that is not in the text: the page could not have it', () => {
  expect(() => definitionsIn('x.ts', 'metrics.gauge(`${name}_jobs`, "Jobs")')).toThrow(/must be literals/);
  expect(() => definitionsIn('x.ts', 'metrics.gauge("jobs", "Jobs", labelsOf(x))')).toThrow(/labels of jobs/);
});
