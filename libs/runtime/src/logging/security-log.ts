import type { Logger } from 'pino';

/** What happens to accounts, rights, secrets and data. A name is never changed: people alert on it. */
export type SecurityEvent =
  | 'sign_in'
  | 'sign_up'
  | 'sign_out'
  | 'session_idle'
  | 'account_added'
  | 'account_changed'
  | 'account_deleted'
  | 'role_changed'
  | 'password_changed'
  | 'connections_changed'
  | 'settings_changed'
  | 'access_denied'
  | 'data_deleted';

/** Ids, counts and names of ours. Never a secret, an e-mail address, or a text that somebody wrote. */
export interface SecurityFields {
  /** `limited`: told once a window for each who is limited, not for each attempt. */
  outcome?: 'ok' | 'failed' | 'limited';
  /** The account that it happens to. */
  user_id?: string;
  /** Who does it, when that is somebody else. */
  actor_id?: string;
  client_address?: string;
  [field: string]: string | number | boolean | readonly string[] | undefined;
}

/** One structured line for each event that matters to the safety of the installation, at level `info`. */
export class SecurityLog {
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log.child({ context: 'security' });
  }

  record(event: SecurityEvent, { outcome = 'ok', ...fields }: SecurityFields): void {
    this.#log.info({ event, outcome, ...fields }, 'security event');
  }
}
