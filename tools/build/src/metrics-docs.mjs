import { publish } from './generated.mjs';
import { metricDefinitions } from './metrics-source.mjs';

/**
 * Writes docs/metrics.md from the definitions in the code. With `--check` it writes nothing and fails when the page is not current. That a
 * running system exports exactly these is shown by tools/deploy-tests/src/observability.
 */
const UNITS = [
  [/_seconds(_total)?$/, 'seconds'],
  [/_bytes$/, 'bytes'],
  [/_per_second$/, 'per second'],
];

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|');

const metrics = metricDefinitions();
const rows = metrics.map(({ name, type, labels, services, help }) => [
  `\`${name}\``,
  type,
  UNITS.find(([pattern]) => pattern.test(name))?.[1] ?? '',
  labels.map((label) => `\`${label}\``).join(', '),
  services.length === 5 ? 'all' : services.join(', '),
  cell(help),
]);

const text = [
  '# Metrics',
  'Written by `npm run docs:metrics` from the definitions in the code. Every process serves them at `/metrics` of its health port ' +
    '(`HEALTH_HOST:HEALTH_PORT`), as Prometheus text, or as OpenMetrics if the scraper accepts it: that format also has exemplars, the ' +
    '`trace_id` of a recorded trace beside a bucket of each histogram. Every series has the label `service`. Labels never name people, ' +
    'chats or answers. Counters begin at 0 with each process. [What to watch](deploy/watch.md), [alerts and what to do](deploy/runbooks.md).',
  [
    '| name | type | unit | labels | services | meaning |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n'),
].join('\n\n');
await publish('docs/metrics.md', text, 'markdown', 'docs:metrics');
