import { callResultsMigration } from '@perennial/persistence';
import { Accounts } from './1763800000001-accounts';
import { Revocations } from './1763800000002-revocations';
import { UnnumberedRevocations } from './1764300000001-unnumbered-revocations';
import { SessionActivity } from './1764300000002-session-activity';
import { Placement } from './1764400000001-placement';
import { Settings } from './1764500000001-settings';

/** All migrations of schema `auth`, oldest first. */
export const authMigrations = [
  Accounts,
  Revocations,
  callResultsMigration(1763800000003),
  UnnumberedRevocations,
  SessionActivity,
  Placement,
  Settings,
];
