import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';

/**
 * Writes the figures of a benchmark to `docs/results/<name>.json`, with the machine and its load averages at the end (which include the
 * benchmark itself), so that later runs on the same kind of machine can be compared.
 *
 * @param root the clone
 */
export function keepResult(root: string, name: string, result: Record<string, unknown>): void {
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu?.model ?? 'CPU'}, Linux ${release()}, Node ${process.version}`;
  const load = loadavg().map((value) => Number(value.toFixed(1)));
  const directory = join(root, 'docs/results');
  mkdirSync(directory, { recursive: true });
  const kept = { date: new Date().toISOString().slice(0, 10), machine, load_average: load, ...result };
  writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(kept, null, 2)}\n`);
}
