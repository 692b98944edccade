import type { Archive } from '../archive';
import { localName, readXml } from '../xml';

interface Series {
  name: string;
  categories: string[];
  values: string[];
}

/** A chart of an Office document as lines: its title, then each category with the value of every series. Empty without values. */
export async function chartText(archive: Archive, part: string): Promise<string> {
  const series: Series[] = [];
  const path: string[] = [];
  let title = '';
  let point = 0;
  const inside = (name: string): boolean => path.includes(name);
  await readXml(archive.text(part), {
    open: ({ name, attributes }) => {
      const local = localName(name);
      path.push(local);
      if (local === 'ser') series.push({ name: '', categories: [], values: [] });
      else if (local === 'pt') point = Number(attributes['idx'] ?? 0);
    },
    text: (text) => {
      const leaf = path.at(-1);
      const last = series.at(-1);
      if (leaf === 't' && inside('title') && !inside('ser') && !inside('catAx') && !inside('valAx')) title += text;
      if (leaf !== 'v' || !last || !inside('ser') || !Number.isInteger(point)) return;
      if (inside('tx')) last.name += text;
      else if (inside('cat') || inside('xVal')) add(last.categories, point, text);
      else if (inside('val') || inside('yVal')) add(last.values, point, text);
    },
    close: () => path.pop(),
  });
  const lines = linesOf(series);
  return lines.length === 0 ? '' : [title.trim() === '' ? 'Chart' : `Chart: ${title.trim()}`, ...lines].join('\n');
}

/** A chart with more points is not readable. */
const MOST_POINTS = 10_000;

function add(list: string[], at: number, text: string): void {
  if (at >= 0 && at < MOST_POINTS) list[at] = (list[at] ?? '') + text;
}

function linesOf(series: readonly Series[]): string[] {
  const count = Math.max(0, ...series.map(({ values }) => values.length));
  return Array.from({ length: count }, (_, at) => {
    const category = series.find(({ categories }) => categories[at] !== undefined)?.categories[at];
    const values = series.flatMap(({ name, values: { [at]: value } }) =>
      value === undefined ? [] : [name === '' ? value : `${name}: ${value}`],
    );
    return values.length === 0 ? '' : [category, ...values].filter(Boolean).join(' | ');
  }).filter((line) => line !== '');
}
