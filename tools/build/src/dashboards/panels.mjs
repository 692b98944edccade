/**
 * A query, and how its series are called.
 *
 * @typedef {{ expr: string, legend: string }} Query
 *
 * A panel before its place is known.
 *
 * @typedef {{ title: string, type: 'timeseries' | 'stat' | 'table', unit: string, queries: Query[], help?: string, max?: number,
 *   thresholds?: { value: number, color: string }[] }} Panel
 *
 * Panels of a row share its width.
 *
 * @typedef {{ title: string, panels: Panel[] }} Row
 */

const WIDTH = 24;
const HEIGHT = { timeseries: 8, stat: 4, table: 8 };
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/**
 * Shorthand for a query. `[rate]` becomes Grafana's interval of a rate.
 *
 * @param {string} expr
 * @param {string} legend
 * @returns {Query}
 */
export function query(expr, legend = '') {
  return { expr: expr.replaceAll('[rate]', '[$__rate_interval]'), legend };
}

/**
 * @param {string} title
 * @param {string} unit Grafana's name of the unit
 * @param {Query[]} queries
 * @param {string} [help]
 * @returns {Panel}
 */
export function graph(title, unit, queries, help) {
  return { title, type: 'timeseries', unit, queries, help };
}

/**
 * One figure.
 *
 * @param {string} title
 * @param {string} unit
 * @param {Query} figure
 * @param {{ help?: string, bad?: number, low?: number }} [options] red from `bad` on, or below `low`
 * @returns {Panel}
 */
export function stat(title, unit, figure, { help, bad, low } = {}) {
  const thresholds =
    low === undefined
      ? bad === undefined
        ? [{ value: 0, color: 'text' }]
        : [
            { value: 0, color: 'green' },
            { value: bad, color: 'red' },
          ]
      : [
          { value: 0, color: 'red' },
          { value: low, color: 'green' },
        ];
  return { title, type: 'stat', unit, queries: [figure], help, thresholds };
}

/**
 * @param {string} title
 * @param {Query} rows
 * @param {string} [help]
 * @returns {Panel}
 */
export function table(title, rows, help) {
  return { title, type: 'table', unit: 'none', queries: [rows], help };
}

/**
 * A dashboard as Grafana imports it. It names no data source: a variable chooses among those of the installation.
 *
 * @param {{ uid: string, title: string, description: string, rows: Row[] }} dashboard
 */
export function dashboard({ uid, title, description, rows }) {
  let id = 0;
  let y = 0;
  const panels = rows.flatMap((row) => {
    const heading = {
      id: (id += 1),
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { h: 1, w: WIDTH, x: 0, y },
    };
    y += 1;
    const width = Math.floor(WIDTH / row.panels.length);
    const height = Math.max(...row.panels.map(({ type }) => HEIGHT[type]));
    const placed = row.panels.map((panel, index) =>
      rendered(panel, (id += 1), { h: height, w: width, x: index * width, y }),
    );
    y += height;
    return [heading, ...placed];
  });
  return {
    uid,
    title,
    description,
    tags: ['perennial'],
    schemaVersion: 39,
    editable: false,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    timezone: '',
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', current: {}, hide: 0 },
      ],
    },
    links: [
      {
        type: 'dashboards',
        title: 'Perennial',
        tags: ['perennial'],
        asDropdown: true,
        includeVars: true,
        keepTime: true,
      },
    ],
    panels,
  };
}

/**
 * @param {Panel} panel
 * @param {number} id
 * @param {{ h: number, w: number, x: number, y: number }} gridPos
 */
function rendered({ title, type, unit, queries, help, thresholds }, id, gridPos) {
  const instant = type !== 'timeseries';
  return {
    id,
    type,
    title,
    ...(help === undefined ? {} : { description: help }),
    gridPos,
    datasource: DATASOURCE,
    fieldConfig: {
      defaults: {
        unit,
        ...(thresholds === undefined
          ? {}
          : {
              thresholds: {
                mode: 'absolute',
                steps: thresholds.map(({ value, color }) => ({ value: value || null, color })),
              },
            }),
        ...(type === 'timeseries' ? { min: 0, custom: { fillOpacity: 8, showPoints: 'never', spanNulls: false } } : {}),
      },
      overrides: [],
    },
    options:
      type === 'timeseries'
        ? { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } }
        : type === 'stat'
          ? { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value', graphMode: 'none' }
          : { showHeader: true },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      expr,
      ...(legend === '' ? {} : { legendFormat: legend }),
      ...(instant ? { instant: true } : { range: true, exemplar: expr.includes('histogram_quantile') }),
      ...(type === 'table' ? { format: 'table' } : {}),
    })),
  };
}

/**
 * Quantiles of a histogram over time.
 *
 * @param {string} metric without `_bucket`
 * @param {{ where?: string, by?: string, quantiles?: number[] }} [options] `where`: label matchers, `by`: labels that stay
 * @returns {Query[]}
 */
export function quantiles(metric, { where = '', by = '', quantiles: wanted = [0.5, 0.95, 0.99] } = {}) {
  const labels = by === '' ? 'le' : `le, ${by}`;
  const suffix = by === '' ? '' : ` {{${by}}}`;
  return wanted.map((quantile) =>
    query(
      `histogram_quantile(${quantile}, sum by (${labels}) (rate(${metric}_bucket${where && `{${where}}`}[rate])))`,
      `p${quantile * 100}${suffix}`,
    ),
  );
}
