import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../../docs/deploy/data.md', import.meta.url));
const NAME = /`([^`\s]+)`/g;
const TABLE = /^[a-z_]+\.[a-z_]+$/;
const PREFIX = '<prefix>:';

/** What the page about data names: the operator plans disks and deletions by it, so it has to be complete. */
export interface DataPage {
  /** Tables, as `schema.table`. */
  tables: ReadonlySet<string>;
  /** Those keys and channels of Redis that no row of the page describes. */
  unnamedKeys(keys: readonly string[], keyPrefix: string): string[];
}

/** Reads `docs/deploy/data.md`: the first column of its tables, where `<word>` stands for a part of a key and `…` for its rest. */
export async function readDataPage(): Promise<DataPage> {
  const lines = (await readFile(PAGE, 'utf8')).split('\n');
  const firstCells = lines.filter((line) => line.startsWith('| `')).map((line) => line.split('|')[1] ?? '');
  const names = firstCells.flatMap((cell) => [...cell.matchAll(NAME)].map(([, name = '']) => name));
  const patterns = names.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
  return {
    tables: new Set(names.filter((name) => TABLE.test(name))),
    unnamedKeys: (keys, keyPrefix) => {
      const known = patterns.map((pattern) => toExpression(`${keyPrefix}:${pattern}`));
      return keys.filter((key) => !known.some((expression) => expression.test(key)));
    },
  };
}

function toExpression(pattern: string): RegExp {
  const literal = pattern.replace(/[{}.*+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/<\w+>/g, '[^:]+').replace('…', '.+')}$`);
}
