import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@perennial/launcher';
import { parse } from 'yaml';

export const OBSERVABILITY = join(ROOT, 'deploy/observability');

/** A query of a dashboard. */
export interface PanelQuery {
  /** `overview: Requests` */
  where: string;
  expr: string;
}

export interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

interface Dashboard {
  uid: string;
  title: string;
  panels: { title: string; type: string; targets?: { expr: string }[] }[];
}

/** A row of docs/metrics.md. */
export interface DocumentedMetric {
  name: string;
  type: string;
  labels: string[];
  services: string[];
}

export const SERVICES = ['gateway', 'auth', 'chat', 'retrieval', 'config'];

export function dashboards(): (Dashboard & { file: string })[] {
  const directory = join(OBSERVABILITY, 'grafana/dashboards');
  return readdirSync(directory).map((file) => ({
    ...(JSON.parse(readFileSync(join(directory, file), 'utf8')) as Dashboard),
    file,
  }));
}

/** Every query of every dashboard, with a window in the place of Grafana's variable. */
export function panelQueries(window: string): PanelQuery[] {
  return dashboards().flatMap(({ file, panels }) =>
    panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({
        where: `${file}: ${title}`,
        expr: expr.replaceAll('$__rate_interval', window),
      })),
    ),
  );
}

export function rules(): Rule[] {
  const directory = join(OBSERVABILITY, 'prometheus/rules');
  return readdirSync(directory).flatMap((file) => {
    const { groups } = parse(readFileSync(join(directory, file), 'utf8')) as { groups: { rules: Rule[] }[] };
    return groups.flatMap((group) => group.rules);
  });
}

/** The selectors of an expression: `perennial_runs{state="queued"}`. */
export function selectors(expr: string): string[] {
  return [...expr.matchAll(/perennial[_:][\w:]+(?:\{[^}]*\})?/g)].map(([selector]) => selector);
}

/** The metric of a selector, without the suffix of a histogram's series. */
export function metricOf(selector: string): string {
  return selector.replace(/\{.*$/, '').replace(/(_seconds)_(bucket|sum|count)$/, '$1');
}

/** The labels that a selector tests. */
export function labelsOf(selector: string): string[] {
  return [...selector.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label);
}

export function documentedMetrics(): DocumentedMetric[] {
  const page = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8');
  return page.split('\n').flatMap((line) => {
    const [, name = '', type = '', , labels = '', services = ''] = line.split('|').map((cell) => cell.trim());
    if (!name.startsWith('`perennial_')) return [];
    return [
      {
        name: name.replaceAll('`', ''),
        type,
        labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
        services: services === 'all' ? SERVICES : services.split(', '),
      },
    ];
  });
}
