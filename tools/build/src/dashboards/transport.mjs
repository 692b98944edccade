import { dashboard, graph, quantiles, query, stat } from './panels.mjs';

/** Calls between services, sockets and streams, and the Redis that carries them. */
export const transport = dashboard({
  uid: 'perennial-transport',
  title: 'Perennial: transport and Redis',
  description: 'Calls, connections and Redis.',
  rows: [
    {
      title: 'Redis',
      panels: [
        stat('Processes with Redis', 'percentunit', query('avg(perennial_redis_connected)'), { low: 1 }),
        stat(
          'Memory used',
          'percentunit',
          query('max(perennial_redis_memory_used_bytes) / max(perennial_redis_memory_max_bytes)'),
          {
            bad: 0.85,
            help: 'Infinite without a maxmemory.',
          },
        ),
        stat('May evict', 'none', query('max(perennial_redis_evicts)'), {
          bad: 1,
          help: '0: its policy is noeviction.',
        }),
        stat('Refuses writes', 'none', query('max(perennial_redis_full)'), { bad: 1 }),
        stat('Evicted keys', 'none', query('max(perennial_redis_evicted_keys)'), { bad: 1 }),
        stat('Clients', 'none', query('max(perennial_redis_clients)')),
      ],
    },
    {
      title: 'Redis over time',
      panels: [
        graph('Memory', 'bytes', [
          query('max(perennial_redis_memory_used_bytes)', 'used'),
          query('max(perennial_redis_memory_max_bytes)', 'maxmemory'),
        ]),
        graph('Commands', 'ops', [query('max(perennial_redis_commands_per_second)', 'commands')]),
        graph(
          'Round trip',
          's',
          [query('perennial_redis_round_trip_seconds', '{{service}} {{instance}}')],
          'One for each scrape.',
        ),
      ],
    },
    {
      title: 'Calls',
      panels: [
        graph('Calls', 'ops', [
          query(
            'topk(15, sum by (pattern) (rate(perennial_rpc_duration_seconds_count{side="client"}[rate])))',
            '{{pattern}}',
          ),
        ]),
        graph('Errors', 'ops', [
          query(
            'sum by (pattern, code) (rate(perennial_rpc_duration_seconds_count{side="client",code!="OK"}[rate]))',
            '{{pattern}} {{code}}',
          ),
        ]),
        graph(
          'Duration by call (p95)',
          's',
          quantiles('perennial_rpc_duration_seconds', { where: 'side="client"', by: 'pattern', quantiles: [0.95] }),
        ),
        graph('In flight', 'none', [query('sum by (service, side) (perennial_rpc_in_flight)', '{{service}} {{side}}')]),
      ],
    },
    {
      title: 'Connections and failures',
      panels: [
        graph('Sockets and streams', 'none', [
          query('sum(perennial_sockets)', 'sockets'),
          query('sum(perennial_event_streams)', 'event streams'),
        ]),
        graph('Requests in progress', 'none', [query('perennial_http_requests_in_flight', '{{instance}}')]),
        graph('Dead letters', 'none', [
          query('sum by (source) (increase(perennial_dead_letters_total[rate]))', '{{source}}'),
        ]),
        graph('Calls taken over', 'none', [
          query('sum by (service) (increase(perennial_rpc_claimed_total[rate]))', '{{service}}'),
        ]),
        graph('Connections cut', 'none', [
          query('sum by (event) (increase(perennial_connections_cut_total[rate]))', '{{event}}'),
        ]),
      ],
    },
  ],
});
