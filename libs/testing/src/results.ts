import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';

/**
 * Keeps the figures of a benchmark as `docs/results/<name>.json`, with the machine named and its load averages at the end (its own part included), so that they
 * can be compared with later ones of the same kind of machine.
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
