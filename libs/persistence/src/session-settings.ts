import type { ClientConfig } from 'pg';
import type { DatabaseOptions } from './data-source';

/** Settings of Postgres for the sessions of a pool, by name. */
export type SessionSettings = Readonly<Record<string, string | number>>;

/**
 * A pooler in transaction mode gives each transaction another session: it refuses start-up options, and what a session was told is lost. There
 * the settings travel with every BEGIN instead.
 */
export interface Session {
  /** Start-up options of every connection. */
  startUp: ClientConfig;
  /** Statements to be sent with BEGIN; set only behind a pooler. */
  local?: string;
}

export function sessionOf({ pooler }: Pick<DatabaseOptions, 'pooler'>, settings: SessionSettings): Session {
  const entries = Object.entries(settings);
  if (pooler === undefined)
    return { startUp: { options: entries.map(([name, value]) => `-c ${name}=${value}`).join(' ') } };
  return { startUp: {}, local: entries.map(([name, value]) => `SET LOCAL ${name} = ${value}`).join('; ') };
}

/** The options for sessions that outlive a transaction: migrations and advisory locks. */
export function direct<O extends DatabaseOptions>(options: O): O {
  return { ...options, url: options.directUrl ?? options.url, pooler: undefined };
}
