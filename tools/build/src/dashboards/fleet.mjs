import { dashboard, graph, query, stat, table } from './panels.mjs';

/** The processes: versions, readiness, settings, and how they see each other. */
export const fleet = dashboard({
  uid: 'perennial-fleet',
  title: 'Perennial: fleet and versions',
  description: 'Processes, versions, readiness, settings and heartbeats.',
  rows: [
    {
      title: 'Now',
      panels: [
        stat('Processes', 'none', query('count(perennial_build_info)')),
        stat('Versions', 'none', query('count(count by (version) (perennial_build_info))'), {
          bad: 2,
          help: 'More than one outside of an upgrade is an accident.',
        }),
        stat('Ready', 'percentunit', query('avg(perennial_ready)'), { low: 1 }),
        stat(
          'Settings behind',
          'none',
          query('max(max by (settings) (perennial_settings_version) - min by (settings) (perennial_settings_version))'),
          { bad: 1 },
        ),
      ],
    },
    {
      title: 'Processes',
      panels: [
        table('Versions', query('count by (service, version, node) (perennial_build_info)')),
        table(
          'Processes',
          query('perennial_build_info'),
          '`process` is the name in logs (`instance`) and traces (`service.instance.id`).',
        ),
      ],
    },
    {
      title: 'Readiness',
      panels: [
        graph('Ready replicas', 'none', [query('sum by (service) (perennial_ready)', '{{service}}')]),
        graph('Checks that pass', 'percentunit', [
          query('avg by (service, check) (perennial_readiness_check)', '{{service}} {{check}}'),
        ]),
        graph(
          'Age',
          's',
          [query('time() - perennial_process_start_time_seconds', '{{service}} {{instance}}')],
          'A process that starts again and again stays young.',
        ),
      ],
    },
    {
      title: 'Heartbeats and event loops',
      panels: [
        graph('Suspected and taken for dead', 'none', [
          query('sum by (service) (increase(perennial_peers_suspected_total[rate]))', '{{service}} suspected'),
          query('sum by (service) (increase(perennial_peers_declared_dead_total[rate]))', '{{service}} taken for dead'),
          query(
            'sum by (service) (increase(perennial_declared_dead_total[rate]))',
            '{{service}} taken for dead although alive',
          ),
        ]),
        graph('Event loop busy', 'percentunit', [
          query('rate(perennial_event_loop_busy_seconds_total[rate])', '{{service}} {{instance}}'),
        ]),
        graph('Event-loop blocks', 'none', [
          query(
            'sum by (service, instance) (increase(perennial_event_loop_blocks_total[rate]))',
            '{{service}} {{instance}}',
          ),
        ]),
        graph('Heap', 'bytes', [query('perennial_process_heap_used_bytes', '{{service}} {{instance}}')]),
      ],
    },
  ],
});
