import { dashboard, graph, quantiles, query } from './panels.mjs';

/** Answers: from the message to the last token. */
export const runs = dashboard({
  uid: 'perennial-runs',
  title: 'Perennial: answers',
  description: 'Time to first token, tokens, take-overs and the queue of answers.',
  rows: [
    {
      title: 'First token',
      panels: [
        graph('Time to first token', 's', quantiles('perennial_run_first_token_seconds')),
        graph(
          'By model (p95)',
          's',
          quantiles('perennial_run_first_token_seconds', { by: 'model', quantiles: [0.95] }),
        ),
        graph(
          'By provider (p95)',
          's',
          quantiles('perennial_run_first_token_seconds', { by: 'provider', quantiles: [0.95] }),
        ),
      ],
    },
    {
      title: 'Tokens',
      panels: [
        graph(
          'Tokens',
          'ops',
          [query('sum by (kind) (rate(perennial_tokens_total[rate]))', '{{kind}}')],
          'As the providers report them.',
        ),
        graph('Completion tokens by model', 'ops', [
          query('topk(10, sum by (model) (rate(perennial_tokens_total{kind="completion"}[rate])))', '{{model}}'),
        ]),
        graph('How answers ended', 'ops', [
          query('sum by (state, reason) (rate(perennial_runs_ended_total[rate]))', '{{state}} {{reason}}'),
        ]),
      ],
    },
    {
      title: 'Queue and workers',
      panels: [
        graph('Answers that are not over', 'none', [query('sum by (state) (perennial_runs)', '{{state}}')]),
        graph('Oldest waiting answer', 's', [query('max(perennial_queue_oldest_seconds{queue="runs"})', 'oldest')]),
        graph('Answers of each worker', 'none', [query('perennial_runs_held', '{{instance}}')]),
        graph('Jobs in Redis', 'none', [query('max by (queue) (perennial_queue_jobs{queue="runs"})', '{{queue}}')]),
      ],
    },
    {
      title: 'Survival',
      panels: [
        graph('Take-overs', 'none', [
          query('sum(increase(perennial_run_takeovers_total[rate]))', 'claims of answers with an earlier owner'),
          query('sum(increase(perennial_runs_requeued_total[rate]))', 'queued again after a death'),
        ]),
        graph('Quarantine', 'none', [
          query('sum by (instance) (perennial_quarantine_processes{service="chat"})', '{{instance}}'),
        ]),
        graph('Stream threads lost', 'none', [
          query('sum(increase(perennial_stream_threads_lost_total[rate]))', 'lost'),
        ]),
        graph(
          'Pictures',
          'bytes',
          [query('perennial_picture_bytes_held', '{{instance}}')],
          'Bytes of pictures of the answers that are written.',
        ),
      ],
    },
  ],
});
