import { dashboard, graph, quantiles, query } from './panels.mjs';

/** Postgres as the services see it. */
export const postgres = dashboard({
  uid: 'perennial-postgres',
  title: 'Perennial: Postgres',
  description:
    'Statements and connection pools of the services. For the server itself run postgres_exporter beside it.',
  rows: [
    {
      title: 'Statements',
      panels: [
        graph('Statements', 'ops', [
          query('sum by (service) (rate(perennial_sql_seconds_count[rate]))', '{{service}}'),
        ]),
        graph('Failed and unreachable', 'ops', [
          query(
            'sum by (service, outcome) (rate(perennial_sql_seconds_count{outcome!="ok"}[rate]))',
            '{{service}} {{outcome}}',
          ),
        ]),
        graph('Duration', 's', quantiles('perennial_sql_seconds')),
      ],
    },
    {
      title: 'By service',
      panels: [
        graph('Duration (p99)', 's', quantiles('perennial_sql_seconds', { by: 'service', quantiles: [0.99] })),
        graph(
          'Busy connections',
          's',
          [query('sum by (service) (rate(perennial_sql_seconds_sum[rate]))', '{{service}}')],
          'Seconds of statements a second: how many connections are busy on average.',
        ),
      ],
    },
    {
      title: 'Pools',
      panels: [
        graph('Open, of those allowed', 'percentunit', [
          query(
            'perennial_sql_connections{state="open"} / ignoring (state) perennial_sql_pool_size',
            '{{service}} {{pool}} {{instance}}',
          ),
        ]),
        graph('Idle', 'none', [
          query('sum by (service, pool) (perennial_sql_connections{state="idle"})', '{{service}} {{pool}}'),
        ]),
        graph(
          'Waited for',
          'none',
          [query('sum by (service, pool) (perennial_sql_connections{state="waited_for"})', '{{service}} {{pool}}')],
          'Above 0 for long: the pool is too small, or statements are slow.',
        ),
      ],
    },
  ],
});
