import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';

const POLL_MS = 40;
/** Less than the time after which its runs are queued again. */
const SESSIONS_END_MS = 2_000;

/** A moment at which a run lost its owner, and when the next owner continued it. */
export interface TakeOver {
  runId: string;
  lostAt: number;
  /** It has lost two owners: the next one is a quarantine process, which has to be started first. */
  suspected: boolean;
  newEpochAt?: number;
  firstNewTokenAt?: number;
}

interface RunRow {
  id: string;
  epoch: number;
}

/** How a run ended. */
export interface RunOutcome {
  state: string;
  /** How often it was claimed. */
  epoch: number;
  /** Deaths that it was charged with. */
  deaths: number;
}

/** Watches the ownership of runs in the database: deaths and take-overs from outside. */
export class Owners {
  readonly takeOvers: TakeOver[] = [];
  private readonly outcomes = new Map<string, RunOutcome>();
  private readonly lossCounts = new Map<string, number>();
  private readonly waitingFor = new Map<string, { takeOver: TakeOver; epoch: number }>();
  private pooled: { url: string; pool: Pool } | undefined;
  private watching = true;
  private readonly done: Promise<void>;

  /** @param databaseUrl of the server that is the primary now: another one after a failover */
  constructor(private readonly databaseUrl: () => string) {
    this.done = this.watch();
  }

  private get pool(): Pool {
    const url = this.databaseUrl();
    if (this.pooled?.url === url) return this.pooled.pool;
    void this.pooled?.pool.end();
    const pool = new Pool({ connectionString: url, max: 2 });
    pool.on('error', () => undefined);
    this.pooled = { url, pool };
    return pool;
  }

  /**
   * Waits until Postgres has executed what an instance that was killed at `killedAt` had sent: a claim may commit after its process is gone.
   */
  async sessionsEnded(instance: string, killedAt: number): Promise<void> {
    while (Date.now() < killedAt + SESSIONS_END_MS) {
      const { rowCount } = await this.pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND backend_start <= to_timestamp($2 / 1000.0)`,
        [instance, killedAt],
      );
      if (rowCount === 0) return;
      await sleep(POLL_MS);
    }
  }

  /** Runs that an instance owns now. */
  async ownedBy(instance: string): Promise<RunRow[]> {
    const { rows } = await this.pool.query<RunRow>(
      `SELECT r.id, r.epoch FROM chat.runs r JOIN chat.processes p ON p.id = r.owner WHERE p.instance = $1 AND r.state = 'running'`,
      [instance],
    );
    return rows;
  }

  /** Runs in quarantine, in processes that an instance has started and that end with it. */
  async ownedApart(instance: string): Promise<RunRow[]> {
    const { rows } = await this.pool.query<RunRow>(
      `SELECT r.id, r.epoch FROM chat.runs r JOIN chat.processes p ON p.id = r.owner
        WHERE p.instance LIKE $1 || '-quarantine-%' AND r.state = 'running'`,
      [instance],
    );
    return rows;
  }

  /** The instance that owns a run, if any. */
  async ownerOf(runId: string): Promise<string | undefined> {
    const { rows } = await this.pool.query<{ instance: string }>(
      `SELECT p.instance FROM chat.runs r JOIN chat.processes p ON p.id = r.owner WHERE r.id = $1 AND r.state = 'running'`,
      [runId],
    );
    return rows[0]?.instance;
  }

  /** These runs lost their owner at `lostAt`. */
  lost(runs: RunRow[], lostAt: number): void {
    for (const { id, epoch } of runs) {
      const losses = (this.lossCounts.get(id) ?? 0) + 1;
      this.lossCounts.set(id, losses);
      const takeOver: TakeOver = { runId: id, lostAt, suspected: losses >= 2 };
      this.takeOvers.push(takeOver);
      this.waitingFor.set(id, { takeOver, epoch });
    }
  }

  losses(runId: string): number {
    return this.lossCounts.get(runId) ?? 0;
  }

  /** Number of runs that are not over. */
  async unfinished(): Promise<number> {
    const { rows } = await this.pool.query<{ count: string }>(
      `SELECT count(*) FROM chat.runs WHERE state IN ('queued', 'running')`,
    );
    return Number(rows[0]?.count);
  }

  /** Final state of a run, how often it was claimed, and the deaths that it was charged with. */
  async outcomeOf(runId: string): Promise<RunOutcome> {
    const known = this.outcomes.get(runId);
    if (known) return known;
    const { rows } = await this.pool.query<RunOutcome>('SELECT state, epoch, deaths FROM chat.runs WHERE id = $1', [
      runId,
    ]);
    return rows[0] ?? { state: 'missing', epoch: 0, deaths: 0 };
  }

  /** Reads how these runs ended, for `outcomeOf`: a completion is deleted ten minutes after its end. Runs that are not over are left out. */
  async keepOutcomes(runIds: readonly string[]): Promise<void> {
    const { rows } = await this.pool.query<RunOutcome & { id: string }>(
      'SELECT id, state, epoch, deaths FROM chat.runs WHERE id = ANY($1) AND terminal IS NOT NULL',
      [runIds.filter((id) => !this.outcomes.has(id))],
    );
    for (const { id, ...outcome } of rows) this.outcomes.set(id, outcome);
  }

  /** In words, each run that is not over and each title that is still to be made: who has it, and since when. */
  async open(): Promise<string[]> {
    const { rows } = await this.pool.query<{ line: string }>(
      `SELECT format('run %s: %s at %s since %s s, epoch %s, %s deaths', r.id, r.state, coalesce(p.instance, r.owner::text, 'nobody'),
                     round(extract(epoch FROM now() - greatest(r.queued_at, r.started_at))), r.epoch, r.deaths) AS line
         FROM chat.runs r LEFT JOIN chat.processes p ON p.id = r.owner WHERE r.state IN ('queued', 'running')
       UNION ALL
       SELECT format('title of run %s: %s at %s since %s s, %s tries', s.run_id, s.state, coalesce(p.instance, s.owner::text, 'nobody'),
                     round(extract(epoch FROM now() - s.created_at)), s.tries)
         FROM chat.side_effects s LEFT JOIN chat.processes p ON p.id = s.owner WHERE s.state <> 'done'`,
    );
    return rows.map(({ line }) => line);
  }

  async close(): Promise<void> {
    this.watching = false;
    await this.done;
    await this.pooled?.pool.end();
  }

  private async watch(): Promise<void> {
    while (this.watching) {
      if (this.waitingFor.size > 0) {
        try {
          const { rows } = await this.pool.query<RunRow>('SELECT id, epoch FROM chat.runs WHERE id = ANY($1)', [
            [...this.waitingFor.keys()],
          ]);
          for (const { id, epoch } of rows) {
            const lost = this.waitingFor.get(id);
            if (!lost || epoch <= lost.epoch) continue;
            lost.takeOver.newEpochAt = Date.now();
            this.waitingFor.delete(id);
          }
        } catch {
          // Postgres is being restarted: that time is left out anyway.
        }
      }
      await sleep(POLL_MS);
    }
  }
}
