import { dashboard, graph, quantiles, query, stat } from './panels.mjs';

/** The golden signals: what people notice first. */
export const overview = dashboard({
  uid: 'perennial-overview',
  title: 'Perennial: overview',
  description: 'Traffic, errors, latency and saturation of the whole installation.',
  rows: [
    {
      title: 'Now',
      panels: [
        stat('Services that take work', 'none', query('count(sum by (service) (perennial_ready) > 0)'), { low: 5 }),
        stat('Answers being written', 'none', query('sum(perennial_runs{state="running"})')),
        stat('Answers waiting', 'none', query('sum(perennial_runs{state="queued"})'), { bad: 10 }),
        stat('Oldest waiting answer', 's', query('max(perennial_queue_oldest_seconds{queue="runs"})'), { bad: 30 }),
        stat('Connected pages', 'none', query('sum(perennial_sockets)')),
        stat(
          'Budget left, requests',
          'percentunit',
          query('1 - perennial:slo_errors:ratio_rate3d{slo="requests"} / on (slo) (1 - perennial:slo_objective:ratio)'),
          {
            low: 0.25,
            help: 'Of the error budget, if the last three days were the whole period.',
          },
        ),
      ],
    },
    {
      title: 'Traffic and errors',
      panels: [
        graph('Requests', 'reqps', [
          query('sum by (status) (rate(perennial_http_requests_total[rate]))', '{{status}}'),
        ]),
        graph('Answers that ended', 'ops', [
          query('sum by (state) (rate(perennial_runs_ended_total[rate]))', '{{state}}'),
        ]),
        graph('Failed answers', 'ops', [
          query(
            'sum by (reason, provider) (rate(perennial_runs_ended_total{state="failed"}[rate]))',
            '{{reason}} {{provider}}',
          ),
        ]),
      ],
    },
    {
      title: 'Latency',
      panels: [
        graph('Requests', 's', quantiles('perennial_http_request_duration_seconds'), 'Without event streams.'),
        graph(
          'First token',
          's',
          quantiles('perennial_run_first_token_seconds'),
          'From the message to the first token of its answer.',
        ),
        graph('Calls between services', 's', quantiles('perennial_rpc_duration_seconds', { where: 'side="client"' })),
      ],
    },
    {
      title: 'Saturation',
      panels: [
        graph(
          'CPU',
          'percentunit',
          [
            query(
              'sum by (service, instance) (rate(perennial_process_cpu_seconds_total[rate]))',
              '{{service}} {{instance}}',
            ),
          ],
          'Of one core, for each process.',
        ),
        graph('Memory', 'bytes', [query('perennial_process_resident_memory_bytes', '{{service}} {{instance}}')]),
        graph('Event-loop lag (p99)', 's', [
          query('perennial_event_loop_lag_seconds{quantile="0.99"}', '{{service}} {{instance}}'),
        ]),
      ],
    },
  ],
});
