import { dashboard, graph, quantiles, query } from './panels.mjs';

/** Documents: ingestion, embedding, search, removal. */
export const retrieval = dashboard({
  uid: 'perennial-retrieval',
  title: 'Perennial: documents',
  description: 'Ingestion, embedding requests, searches and removals.',
  rows: [
    {
      title: 'Search',
      panels: [
        graph('Searches', 'ops', [
          query('sum by (mode, outcome) (rate(perennial_search_seconds_count[rate]))', '{{mode}} {{outcome}}'),
        ]),
        graph('Duration', 's', quantiles('perennial_search_seconds')),
        graph('Documents of turns', 'ops', [
          query('sum by (outcome) (rate(perennial_document_searches_total[rate]))', '{{outcome}}'),
        ]),
      ],
    },
    {
      title: 'Ingestion',
      panels: [
        graph('Files that are not ingested yet', 'none', [query('sum by (state) (perennial_ingestions)', '{{state}}')]),
        graph('Oldest waiting file', 's', [query('max(perennial_queue_oldest_seconds{queue="ingestion"})', 'oldest')]),
        graph('Attempts', 'ops', [
          query('sum by (outcome) (rate(perennial_ingestion_seconds_count[rate]))', '{{outcome}}'),
        ]),
        graph('Duration of an attempt', 's', quantiles('perennial_ingestion_seconds', { quantiles: [0.5, 0.95] })),
      ],
    },
    {
      title: 'Embedding model',
      panels: [
        graph('Requests', 'ops', [
          query('sum by (purpose, outcome) (rate(perennial_embedding_seconds_count[rate]))', '{{purpose}} {{outcome}}'),
        ]),
        graph('Duration (p95)', 's', quantiles('perennial_embedding_seconds', { by: 'purpose', quantiles: [0.95] })),
      ],
    },
    {
      title: 'Failures',
      panels: [
        graph('Removals to be tried again', 'none', [
          query('sum by (kind) (increase(perennial_removal_failures_total[rate]))', '{{kind}}'),
        ]),
        graph('Files queued again after a death', 'none', [
          query('sum(increase(perennial_files_requeued_total[rate]))', 'files'),
        ]),
        graph('Quarantine', 'none', [
          query('sum by (instance) (perennial_quarantine_processes{service="retrieval"})', '{{instance}}'),
        ]),
      ],
    },
  ],
});
