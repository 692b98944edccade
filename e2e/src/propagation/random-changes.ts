import { setTimeout as sleep } from 'node:timers/promises';
import {
  formatSettingsVersion,
  parseSettingsVersion,
  routes,
  type SettingsVersion,
} from '@perennial/contracts-gateway';
import { seeded } from '@perennial/testing/seeded';
import { type Account, PASSWORD } from '../support/accounts';
import { http } from '../support/http';
import type { RedisLink } from './redis-link';
import type { VersionWatch } from './version-watch';

/** A gateway is cut off for at most this time. */
const PARTITION_MS = 1_500;
/** Chances of an event before a change. */
const TOGGLE = 0.02;
const CUT = 0.01;
/** Sign-ins of one account are limited; each makes a session to be ended. */
const SIGN_OUT = 0.08;

export interface ChangesResult {
  changes: number;
  partitions: number;
  dropped: number;
  /** Reads of one's own change at another gateway. */
  ownReads: number;
  /** Of all gateways, after each disturbance and at the end. */
  convergedMs: number[];
}

export interface ChangesOptions {
  gateways: readonly string[];
  admin: Account;
  /** Accounts whose sessions end. */
  users: readonly { email: string }[];
  link: RedisLink;
  watch: VersionWatch;
  seed: number;
  changes: number;
  /** For each convergence, and for each read of a change while its gateway answers 503. */
  limitMs: number;
}

/**
 * Makes random changes at random gateways while notices are lost and gateways are cut off, and checks that each is read back at another gateway
 * and that all gateways converge.
 *
 * @throws when a change is not read back, or a gateway does not converge in time
 */
export async function randomChanges(options: ChangesOptions): Promise<ChangesResult> {
  const { gateways, link, watch, changes, limitMs } = options;
  const random = seeded(options.seed);
  const any = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const result: ChangesResult = { changes: 0, partitions: 0, dropped: 0, ownReads: 0, convergedMs: [] };
  const droppedBefore = link.dropped;
  let latest: SettingsVersion = {};
  for (; result.changes < changes; result.changes += 1) {
    if (random() < TOGGLE) link.dropsNotices = !link.dropsNotices;
    const cut = random() < CUT ? Math.floor(random() * gateways.length) : undefined;
    if (cut !== undefined) {
      result.partitions += 1;
      link.partition([`gateway-${cut + 1}`]);
    }
    const reachable = gateways.filter((_, at) => at !== cut);
    const at = any(reachable);
    latest =
      random() < SIGN_OUT
        ? await signOut(at, any(options.users).email)
        : await banner(at, options.admin, result.changes);
    await readBack(any(reachable), options.admin, latest, limitMs);
    result.ownReads += 1;
    if (cut === undefined) continue;
    await sleep(random() * PARTITION_MS);
    link.heal();
    result.convergedMs.push(...(await watch.converged(latest, performance.now(), limitMs)));
  }
  result.convergedMs.push(...(await watch.converged(latest, performance.now(), limitMs)));
  link.dropsNotices = false;
  result.dropped = link.dropped - droppedBefore;
  return result;
}

/** The version of the reply to a change. */
function versionOf({ status, body, headers }: Awaited<ReturnType<typeof http>>): SettingsVersion {
  const text = headers['x-settings-version'];
  const version = parseSettingsVersion(typeof text === 'string' ? text : '');
  if (status !== 200 || version === undefined)
    throw new Error(`a change was answered ${status}: ${JSON.stringify(body)}`);
  return version;
}

async function banner(gateway: string, { token }: Account, number: number): Promise<SettingsVersion> {
  const one = { id: 'one', type: 'info', title: '', content: `change ${number}`, dismissible: true, timestamp: 0 };
  return versionOf(
    await http('POST', gateway + routes.configs.updateBanners.path, { token, body: { banners: [one] } }),
  );
}

async function signOut(gateway: string, email: string): Promise<SettingsVersion> {
  const { body } = await http<Account>('POST', gateway + routes.auths.signIn.path, {
    body: { email, password: PASSWORD },
  });
  return versionOf(await http('POST', gateway + routes.auths.signOut.path, { token: body.token }));
}

/** As a client does: 503 says when to try again. */
async function readBack(gateway: string, { token }: Account, version: SettingsVersion, limitMs: number): Promise<void> {
  const url = `${gateway}${routes.configs.banners.path}?min_settings_version=${formatSettingsVersion(version)}`;
  const until = performance.now() + limitMs;
  for (;;) {
    const { status, body } = await http('GET', url, { token });
    if (status === 200) return;
    if (status !== 503 || performance.now() > until)
      throw new Error(`${url} answered ${status}: ${JSON.stringify(body)}`);
    await sleep(50);
  }
}
