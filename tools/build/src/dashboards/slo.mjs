import { dashboard, graph, query, stat } from './panels.mjs';

const BURN = (/** @type {string} */ window, /** @type {string} */ slo) =>
  `perennial:slo_errors:ratio_rate${window}{slo="${slo}"} / on (slo) (1 - perennial:slo_objective:ratio)`;

const OBJECTIVES = [
  { slo: 'requests', title: 'Requests that are answered (99.9 %)' },
  { slo: 'first-token', title: 'First tokens within 3 s (95 %)' },
  { slo: 'answers', title: 'Answers that end well (99 %)' },
];

/** The objectives, and how fast their error budgets burn. */
export const slo = dashboard({
  uid: 'perennial-slo',
  title: 'Perennial: objectives',
  description:
    'A burn rate of 1 uses exactly the error budget of 30 days. Alerts: 14.4 in 1 h or 6 in 6 h page, 3 in 1 d or 1 in 3 d open a ticket.',
  rows: OBJECTIVES.map(({ slo: name, title }) => ({
    title,
    panels: [
      stat('Bad, 3 days', 'percentunit', query(`perennial:slo_errors:ratio_rate3d{slo="${name}"}`)),
      stat('Budget left', 'percentunit', query(`1 - (${BURN('3d', name)})`), { low: 0.25 }),
      graph(
        'Burn rate',
        'none',
        ['5m', '1h', '6h', '3d'].map((window) => query(BURN(window, name), window)),
      ),
      graph('Events in an hour', 'none', [query(`perennial:slo_events:increase1h{slo="${name}"}`, 'events')]),
    ],
  })),
});
