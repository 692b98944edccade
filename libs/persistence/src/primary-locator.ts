import { databaseServers, jittered, type Logger, retry, serverName } from '@perennial/runtime';
import { Client, type ClientBase } from 'pg';
import { isUnreachable } from './errors';

/** Milliseconds for the answer of one server: one that is gone must not delay the search among the others. */
const ANSWER_MS = 1_500;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;

/** What a server says about itself. */
interface Answer {
  readOnly: boolean;
  /** The same for a primary and its standbys; unknown where the server does not tell. */
  system: string | null;
  /** Rises with each promotion; 0 where the server does not tell. */
  timeline: number;
}

/** A writable server's timeline is that of its next record; a standby's is at least that of its last restart point. */
const QUESTION = `
  SELECT current_setting('transaction_read_only')::boolean AS "readOnly",
         (SELECT system_identifier::text FROM pg_control_system()) AS system,
         CASE WHEN pg_is_in_recovery()
              THEN (SELECT greatest(c.timeline_id, r.min_recovery_end_timeline) FROM pg_control_checkpoint() c, pg_control_recovery() r)
              ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int END AS timeline`;
/** For servers that do not allow or have these functions. */
const PLAIN_QUESTION = `SELECT current_setting('transaction_read_only')::boolean AS "readOnly", NULL AS system, 0 AS timeline`;
const NOT_TOLD = new Set(['42501', '42883', '0A000', '55000']);
/** Errors that no other moment fixes; told as they are if no server can be used. */
const REFUSED = new Set(['28P01', '28000', '3D000']);

/** No server of the list can be written to at the moment. */
export class NoPrimaryError extends Error {
  /** Known to `isUnreachable`. */
  readonly code = 'ENOPRIMARY';
}

/**
 * Finds the primary among the servers of a connection string, for all pools of a process. It remembers the primary until a connection to it
 * breaks. It also remembers the highest timeline that any server had: a server that was the primary before a promotion and comes back
 * writable has a lower one and is refused.
 */
export class PrimaryLocator {
  private static readonly shared = new Map<string, PrimaryLocator>();

  readonly isSearching: boolean;
  private readonly urls: readonly [string, ...string[]];
  private known: string;
  private isDoubted = true;
  private highest = 0;
  private system: string | null = null;
  private round?: Promise<void>;
  private log?: Logger;

  private constructor(url: string) {
    const { urls, searched } = databaseServers(url);
    this.isSearching = searched;
    this.urls = urls;
    this.known = urls[0];
  }

  /** The locator of a connection string: what one pool learns, all of the process know. */
  static of(url: string, log?: Logger): PrimaryLocator {
    const locator = this.shared.get(url) ?? new PrimaryLocator(url);
    this.shared.set(url, locator);
    locator.log ??= log;
    return locator;
  }

  /** The connection string of the primary as far as it is known. */
  get url(): string {
    return this.known;
  }

  /** A connection to this server broke, or the server was found read-only: the next `find` asks all servers. */
  doubt(url: string): void {
    if (this.isSearching && url === this.known) this.isDoubted = true;
  }

  /**
   * Resolves when the primary is known.
   *
   * @throws NoPrimaryError when there has been none for `limitMs`; the refusal of the password or database if that is the reason
   */
  async find(limitMs: number): Promise<void> {
    if (!this.isSearching || !this.isDoubted) return;
    const end = performance.now() + limitMs;
    await retry(() => this.search(), {
      pauseMs: (error, attempt) =>
        isUnreachable(error) && performance.now() < end
          ? jittered(Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS))
          : undefined,
    });
  }

  /** @throws NoPrimaryError when this new connection leads to a server that must not be written to */
  async verify(client: ClientBase, url: string): Promise<void> {
    if (!this.isSearching) return;
    const answer = await ask(client);
    this.learn(answer);
    const reason = this.reasonAgainst(answer);
    if (reason === undefined) return;
    this.doubt(url);
    throw new NoPrimaryError(`${serverName(url)} ${reason}`);
  }

  /** One round of questions, shared by all who search at the same time. */
  private search(): Promise<void> {
    this.round ??= this.askAll().finally(() => (this.round = undefined));
    return this.round;
  }

  private async askAll(): Promise<void> {
    const before = this.highest;
    const found = new Map<string, Answer>();
    const failures = new Map<string, unknown>();
    const questions = this.urls.map(async (url) => {
      try {
        const answer = await askServer(url);
        found.set(url, answer);
        this.learn(answer);
        return answer;
      } catch (error) {
        failures.set(url, error);
        return undefined;
      }
    });
    // A promotion since the last search settles it. Otherwise every server is heard: another one may have been promoted.
    const promoted = questions.map(async (question) => {
      const answer = await question;
      if (before === 0 || !answer || answer.readOnly || answer.timeline <= before) throw new Error('not promoted');
    });
    await Promise.any([Promise.all(questions), ...promoted]);
    const refusals = new Map<string, string>();
    for (const [url, answer] of this.inOrder(found)) {
      const reason = this.reasonAgainst(answer);
      if (reason === undefined) return this.settle(url, answer);
      refusals.set(url, reason);
    }
    const refused = [...failures.values()].find((error) => REFUSED.has((error as { code?: string }).code ?? ''));
    if (refused !== undefined) throw refused as Error;
    const told = this.urls.map((url) => `${serverName(url)} ${refusals.get(url) ?? silence(failures.get(url))}`);
    throw new NoPrimaryError(`no Postgres server can be written to: ${told.join(', ')}`, {
      cause: [...failures.values()][0],
    });
  }

  /** The highest timeline first, then the present primary, then the order of the list. */
  private inOrder(found: ReadonlyMap<string, Answer>): [string, Answer][] {
    const heard = this.urls.flatMap((url): [string, Answer][] => {
      const answer = found.get(url);
      return answer ? [[url, answer]] : [];
    });
    return heard.sort(
      ([a, one], [b, other]) => other.timeline - one.timeline || Number(b === this.known) - Number(a === this.known),
    );
  }

  private learn({ system, timeline }: Answer): void {
    this.system ??= system;
    if (system === this.system) this.highest = Math.max(this.highest, timeline);
  }

  private reasonAgainst({ readOnly, system, timeline }: Answer): string | undefined {
    if (readOnly) return 'is read-only';
    if (system !== this.system) return 'belongs to another database cluster';
    if (timeline < this.highest)
      return `is writable but stale: timeline ${timeline}, another server has ${this.highest}`;
    return undefined;
  }

  private settle(url: string, { timeline }: Answer): void {
    if (url !== this.known)
      this.log?.warn({ server: serverName(url), timeline }, 'another Postgres server is the primary now');
    this.known = url;
    this.isDoubted = false;
  }
}

function silence(error: unknown): string {
  return error instanceof Error && error.message !== '' ? `does not answer (${error.message})` : 'does not answer';
}

async function askServer(url: string): Promise<Answer> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: ANSWER_MS,
    application_name: 'perennial-primary-search',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await ask(client);
  } finally {
    // Not awaited: the end of a connection to a server that is gone takes as long as its time-out.
    void client.end().catch(() => undefined);
  }
}

async function ask(client: ClientBase): Promise<Answer> {
  const answerTo = async (text: string): Promise<Answer> => {
    // pg knows the time-out of one query, its types do not.
    const query = { text, query_timeout: ANSWER_MS };
    return (await client.query<Answer>(query)).rows[0]!;
  };
  try {
    return await answerTo(QUESTION);
  } catch (error) {
    if (!NOT_TOLD.has((error as { code?: string }).code ?? '')) throw error;
    return answerTo(PLAIN_QUESTION);
  }
}
