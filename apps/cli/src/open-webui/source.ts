import { UsageError } from '../failure';
import { openPostgres } from './postgres-source';
import { openSqlite } from './sqlite-source';

/** A row; JSON is text from SQLite and parsed from Postgres (see `json`). */
export type Row = Readonly<Record<string, unknown>>;

/** The database of the other product, which is only read. */
export interface Source {
  /** Runs a statement with `?` for its parameters. */
  query(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** What an Open WebUI keeps where: its versions differ in tables and columns. */
export class OpenWebUi {
  private readonly columns = new Map<string, Promise<ReadonlySet<string>>>();

  private constructor(private readonly source: Source) {}

  /**
   * Opens a database.
   *
   * @param address `postgres://…`, `sqlite:///…` or the path of the file `webui.db`
   * @throws UsageError when it is not a database of Open WebUI
   */
  static async open(address: string): Promise<OpenWebUi> {
    const source = /^postgres(?:ql)?:\/\//.test(address)
      ? await openPostgres(address)
      : await openSqlite(address.replace(/^sqlite:\/\/\//, ''));
    const found = new OpenWebUi(source);
    for (const table of ['user', 'auth', 'chat', 'file']) {
      if (await found.has(table)) continue;
      await source.close();
      throw new UsageError(`This is not a database of Open WebUI: it has no table "${table}".`);
    }
    return found;
  }

  query(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    return this.source.query(sql, params);
  }

  /** Whether there is a table, or a column of it. */
  async has(table: string, column?: string): Promise<boolean> {
    const columns = await this.columnsOf(table);
    return column === undefined ? columns.size > 0 : columns.has(column);
  }

  async count(table: string): Promise<number> {
    const [row] = await this.source.query(`SELECT count(*) AS n FROM "${table}"`);
    return Number(row?.['n'] ?? 0);
  }

  /** All rows in the order of their ids, a page in memory at a time. */
  async *rows(table: string, page = 100): AsyncGenerator<Row> {
    for (let after = ''; ;) {
      const rows = await this.source.query(`SELECT * FROM "${table}" WHERE id > ? ORDER BY id LIMIT ${page}`, [after]);
      yield* rows;
      if (rows.length < page) return;
      after = String(rows.at(-1)?.['id']);
    }
  }

  close(): Promise<void> {
    return this.source.close();
  }

  private columnsOf(table: string): Promise<ReadonlySet<string>> {
    let columns = this.columns.get(table);
    if (columns === undefined) this.columns.set(table, (columns = this.readColumns(table)));
    return columns;
  }

  /** Of no row: both databases name the columns of an empty result only through a row, so one is made of nothing. */
  private async readColumns(table: string): Promise<ReadonlySet<string>> {
    try {
      const [row] = await this.source.query(`SELECT t.* FROM (SELECT 1 AS one) o LEFT JOIN "${table}" t ON 1 = 0`);
      return new Set(Object.keys(row ?? {}));
    } catch (error) {
      if (isMissingTable(error)) return new Set();
      throw error;
    }
  }
}

/** In Postgres and in SQLite. Any other error must not pass for a product without that table. */
function isMissingTable(error: unknown): boolean {
  return error instanceof Error && (('code' in error && error.code === '42P01') || /no such table/.test(error.message));
}

/** A value of a JSON column. */
export function json(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? undefined;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

/** A JSON object, or nothing. */
export function record(value: unknown): Record<string, unknown> {
  const parsed = json(value);
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    ? (parsed as Record<string, unknown>)
    : {};
}

/** A text, or nothing. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Epoch seconds; older rows have milliseconds or nanoseconds. */
export function seconds(value: unknown): number {
  let time = Number(value ?? 0);
  if (!Number.isFinite(time) || time < 0) return 0;
  while (time > 1e11) time /= 1_000;
  return Math.floor(time);
}
