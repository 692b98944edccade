import type { RouteReply, routes as declared } from '@perennial/contracts-gateway';
import { ApiError, call, routes } from '@perennial/web-client';
import { randomPassword } from '../password-field';
import type { FaultyLine, ListedAccount } from './account-list';

/** As many as the server takes at once. */
const CHECKED_AT_ONCE = 500;
const ADDED_AT_ONCE = 25;
/** A full server says when it has room. */
const TRIES = 5;

type Results = RouteReply<typeof declared.users.importUsers>['results'];

/** What an import would do. */
export interface Preview {
  /** Each has a password. */
  fresh: readonly ListedAccount[];
  /** How many of them were made up. */
  passwordsMade: number;
  existing: number;
  faulty: readonly FaultyLine[];
}

/** How far it is, of how many. */
export type OnProgress = (done: number, all: number) => void;

export async function preview(
  { accounts, faulty }: { accounts: readonly ListedAccount[]; faulty: readonly FaultyLine[] },
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Preview> {
  const fresh: ListedAccount[] = [];
  const refused = [...faulty];
  let existing = 0;
  await inParts(accounts, CHECKED_AT_ONCE, onProgress, signal, async (part) => {
    const { results } = await whenThereIsRoom(
      () => call(routes.users.checkImport, { body: { users: wireOf(part) } }),
      signal,
    );
    for (const [account, { outcome, reason }] of pairs(part, results)) {
      if (outcome === 'refused') refused.push({ line: account.line, fault: reason ?? 'bad_email' });
      else if (outcome === 'existing') existing += 1;
      else fresh.push(account);
    }
  });
  const withPassword = fresh.map((account) =>
    account.password === '' ? { ...account, password: randomPassword() } : account,
  );
  return {
    fresh: withPassword,
    passwordsMade: fresh.filter(({ password }) => password === '').length,
    existing,
    faulty: refused.sort((a, b) => a.line - b.line),
  };
}

/**
 * Adds accounts. If it breaks off, what was added stays, and a second time it is left.
 *
 * @returns how many were added; the others have been added meanwhile
 */
export async function addAll(
  accounts: readonly ListedAccount[],
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<number> {
  let added = 0;
  await inParts(accounts, ADDED_AT_ONCE, onProgress, signal, async (part) => {
    const { results } = await whenThereIsRoom(
      () => call(routes.users.importUsers, { body: { users: wireOf(part) } }),
      signal,
    );
    added += results.filter(({ outcome }) => outcome === 'added').length;
  });
  return added;
}

async function inParts(
  accounts: readonly ListedAccount[],
  size: number,
  onProgress: OnProgress,
  signal: AbortSignal,
  work: (part: readonly ListedAccount[]) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < accounts.length; at += size) {
    signal.throwIfAborted();
    onProgress(at, accounts.length);
    await work(accounts.slice(at, at + size));
  }
  onProgress(accounts.length, accounts.length);
}

/** Waits while the server has no room, or is not there for a moment. */
async function whenThereIsRoom<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      const isFull = error instanceof ApiError && (error.status === 429 || error.status === 503);
      if (!isFull || tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000 * (error.retryAfter ?? 1)));
      signal.throwIfAborted();
    }
  }
}

function wireOf(accounts: readonly ListedAccount[]) {
  return accounts.map(({ name, email, role, password }) => ({ name, email, role, password }));
}

function pairs(part: readonly ListedAccount[], results: Results): (readonly [ListedAccount, Results[number]])[] {
  return part.flatMap((account, at) => {
    const result = results[at];
    return result ? [[account, result] as const] : [];
  });
}
