import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCosts } from './costs';
import { plan, SERVICES, totalOf } from './plan';
import { USUAL } from './profile';

const DOCS = join(import.meta.dirname, '../../../docs');
/** What a measurement may differ from the one before. */
const TOLERANCE = 0.25;
/** Beside which a difference of small figures is none: a tenth of a core, of a turn, of a gibibyte. */
const LEAST = 0.11;

const rows = readFileSync(join(DOCS, 'deploy/size.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| +[\d,]+ \|/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

it('the page of sizes has a row for each size', () => {
  expect(rows.map(([people]) => people)).toEqual(['15', '200', '2,000', '20,000', '200,000']);
});

it.each(rows)('the page of sizes says what the plan for %s people is', (size, ...cells) => {
  const people = numberOf(size);
  const planned = plan(people, USUAL, readCosts(join(DOCS, 'results/capacity.json')));
  const { cores, memory_gib } = totalOf(planned);
  const replicas = SERVICES.map((service) => planned.services[service].replicas);
  expect(cells[2]).toBe(replicas.join(', '));
  const figures = [planned.turns_per_second, planned.answers_at_once, cores, memory_gib, planned.postgres.cores];
  figures.push(planned.postgres.disk_gib, planned.redis.memory_mib, planned.vectors.memory_gib);
  const told = cells.filter((_, column) => column !== 2).map(numberOf);
  expect(told).toHaveLength(figures.length);
  for (const [column, figure] of figures.entries()) {
    const difference = Math.abs((told[column] ?? NaN) - figure);
    expect(difference, `${told[column]} is told, ${figure} is planned`).toBeLessThan(LEAST + TOLERANCE * figure);
  }
});

function numberOf(cell: string): number {
  return Number(cell.replaceAll(',', ''));
}
