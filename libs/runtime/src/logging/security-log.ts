import type { Logger } from 'pino';

/** Events about accounts, rights, secrets and data. Names never change: operators set alerts on them. */
export type SecurityEvent =
  | 'sign_in'
  | 'sign_up'
  | 'sign_out'
  | 'session_idle'
  | 'account_added'
  | 'account_changed'
  | 'account_deleted'
  | 'role_changed'
  | 'placement_changed'
  | 'password_changed'
  | 'connections_changed'
  | 'settings_changed'
  | 'access_denied'
  | 'data_deleted';

/** Ids, counts and names of ours. Never a secret, an e-mail address, or a user's text. */
export interface SecurityFields {
  /** `limited`: logged once a window for each client, not for each attempt. */
  outcome?: 'ok' | 'failed' | 'limited';
  /** The account concerned. */
  user_id?: string;
  /** The account that acts, if it is another. */
  actor_id?: string;
  client_address?: string;
  [field: string]: string | number | boolean | readonly string[] | undefined;
}

/** Logs one structured line at level `info` for each security event. */
export class SecurityLog {
  private readonly log: Logger;

  constructor(log: Logger) {
    this.log = log.child({ context: 'security' });
  }

  record(event: SecurityEvent, { outcome = 'ok', ...fields }: SecurityFields): void {
    this.log.info({ event, outcome, ...fields }, 'security event');
  }
}
