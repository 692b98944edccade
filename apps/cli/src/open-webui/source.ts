import { UsageError } from '../failure';
import { openPostgres } from './postgres-source';
import { openSqlite } from './sqlite-source';

/** A row; JSON is text from SQLite and parsed from Postgres (see `json`). */
export type Row = Readonly<Record<string, unknown>>;

/** The database of the other product, which is only read. */
export interface Source {
  /** Runs a statement with `?` for its parameters. */
  query(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /** SQL for the bytes of a column's value, as text. */
  bytes(column: string): string;
  close(): Promise<void>;
}

/** Bytes of rows in memory at a time; a larger row comes alone. */
const PAGE_BYTES = 8 * 2 ** 20;
const PAGE_ROWS = 100;
/** Bytes of a row that is read: parsed, its JSON takes several times as much memory. */
const MAX_ROW_BYTES = 64 * 2 ** 20;

/** Hears of a row that is too large to be read. */
export type OnTooLarge = (id: unknown, reason: string) => void;

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

  /** All rows in the order of their ids, in bounded memory. */
  async *rows(table: string, onTooLarge: OnTooLarge): AsyncGenerator<Row> {
    for await (const page of this.pages(table, onTooLarge)) yield* page;
  }

  /** As `rows`: together, the rows of a page have no more than 8 MB, or it is a single one. */
  async *pages(table: string, onTooLarge: OnTooLarge): AsyncGenerator<Row[]> {
    const bytes = await this.rowBytes(table);
    for (let after = ''; ;) {
      const found = await this.source.query(
        `SELECT id, ${bytes} AS bytes FROM "${table}" WHERE id > ? ORDER BY id LIMIT ${PAGE_ROWS}`,
        [after],
      );
      let ids: unknown[] = [];
      let sum = 0;
      for (const row of found) {
        const size = Number(row['bytes']);
        const reason = tooLarge('it', size);
        if (reason !== undefined) {
          onTooLarge(row['id'], reason);
          continue;
        }
        if (ids.length > 0 && sum + size > PAGE_BYTES) {
          yield await this.readAll(table, ids);
          ids = [];
          sum = 0;
        }
        ids.push(row['id']);
        sum += size;
      }
      if (ids.length > 0) yield await this.readAll(table, ids);
      if (found.length < PAGE_ROWS) return;
      after = String(found.at(-1)?.['id']);
    }
  }

  /**
   * The rows of a table that belong to something.
   *
   * @throws Error when together they are too large to be read
   */
  async rowsOf(table: string, column: string, id: unknown, order: string): Promise<Row[]> {
    const sum = `SELECT coalesce(sum(${await this.rowBytes(table)}), 0) AS bytes FROM "${table}" WHERE ${column} = ?`;
    const [row] = await this.source.query(sum, [id]);
    const reason = tooLarge(`its part in ${table}`, Number(row?.['bytes']));
    if (reason !== undefined) throw new Error(reason);
    return this.source.query(`SELECT * FROM "${table}" WHERE ${column} = ? ORDER BY ${order}`, [id]);
  }

  private readAll(table: string, ids: readonly unknown[]): Promise<Row[]> {
    const places = ids.map(() => '?').join(', ');
    return this.source.query(`SELECT * FROM "${table}" WHERE id IN (${places}) ORDER BY id`, ids);
  }

  private async rowBytes(table: string): Promise<string> {
    const columns = [...(await this.columnsOf(table))];
    return columns.map((column) => `coalesce(${this.source.bytes(column)}, 0)`).join(' + ');
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

function tooLarge(what: string, bytes: number): string | undefined {
  if (bytes <= MAX_ROW_BYTES) return undefined;
  return `${what} has ${Math.ceil(bytes / 2 ** 20)} MB, and no more than ${MAX_ROW_BYTES / 2 ** 20} MB can be read`;
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
