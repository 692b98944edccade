import { setTimeout as sleep } from 'node:timers/promises';
import { type BlobStore, BlobStoreDeniedError, BlobStoreError, type SwitchedBlobStore } from '@perennial/blob-store';
import { BlobMirror, isAway, type MirrorPass } from './blob-mirror';
import { BlobMoveError } from './blob-move-error';
import type { BlobStoresRow } from './blob-stores-row';
import { compareSamples } from './compare-samples';
import type { FleetGate } from './fleet-gate';
import { isGivenOut, isIn, probe } from './probe';
import type { Throttle } from './throttle';

/** A pass that has copied no more than this is followed by the switch: what is new by then is copied after it. */
const NEARLY_NOTHING = 16;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Between two lines of a pass for `status`. They also show, before its end, that the session with the lock is gone. */
const PROGRESS_MS = 10_000;
/** Files that rows name, of which a store that is the services' own one has some. */
const SOUGHT = 100;

/** Somebody else has changed the row. */
export const CHANGED_MEANWHILE = 'Somebody else has changed the move of files meanwhile. Begin this one again.';

/** The row that says which store holds the files. */
export interface MigrationRow {
  read(): Promise<BlobStoresRow>;
  /** @throws BlobMoveError when somebody else has changed it since `before` was read */
  change(before: BlobStoresRow, to: Pick<BlobStoresRow, 'phase' | 'active' | 'other'>): Promise<BlobStoresRow>;
  /** What is shown of a migration that runs. */
  tell(progress: string): Promise<void>;
}

/** How far a pass is. */
export interface PassProgress {
  pass: number;
  from: string;
  to: string;
  /** Files that were looked at, of about how many. */
  done: number;
  total: number;
  copied: number;
  bytes: number;
}

export interface MigrationParts {
  row: MigrationRow;
  stores: SwitchedBlobStore;
  gate: Pick<FleetGate, 'assertDeclared' | 'reached'>;
  throttle: Throttle;
  /** Whether a key is of the installation's own store: placements may share it. */
  includes: (key: string) => boolean;
  /** So many keys of blobs that rows refer to, by chance. */
  sampleKeys: (count: number) => Promise<string[]>;
  /** How many blobs rows refer to. */
  countKeys: () => Promise<number>;
  /** Files that are read in both stores and compared. */
  sample: number;
  /** For people, a line each. */
  tell: (line: string) => void;
  /** Goes on without blobs that cannot be read where they are. */
  skipUnreadable: boolean;
  /** As many files of the stores' own lists are compared, too: not all may be named by the rows at hand. */
  listed?: number;
  /** Ends it between two files; what was copied stays. */
  signal?: AbortSignal;
  /** After each few files. */
  onProgress?: (progress: PassProgress) => Promise<void>;
  /** Of files that were chosen by chance, how many are the same in both stores. */
  onCompared?: (result: { samples: number; equal: number }) => Promise<void>;
}

/**
 * Moves the files of a running installation into another store. Everything that it knows is in the row and in the stores, so whatever kills it,
 * the next one continues. The caller holds the lock.
 */
export class BlobMigration {
  private shownAt = -Infinity;

  constructor(private readonly parts: MigrationParts) {}

  /** Copies, compares and switches. The old store is kept up to date until `finish` or `rollback`. */
  async migrate(to: string): Promise<string> {
    const { row, gate, stores } = this.parts;
    let now = await row.read();
    if (now.phase === 'settled' && now.active === to) return `The files are in "${to}".`;
    if (now.phase === 'settled') {
      await gate.assertDeclared([now.active, to], stores.prints);
      await this.assertSees(now.active);
      await this.assertUsable(to);
      now = await row.change(now, { phase: 'copying', active: now.active, other: to });
    }
    if (now.phase === 'copying' && now.other === to) {
      await gate.reached(now.version);
      const listed = await this.copyAll(now, now.active, to);
      await this.compare(now.active, to, { listed, isComplete: false });
      await gate.assertDeclared([now.active, to], stores.prints);
      now = await row.change(now, { phase: 'moved', active: to, other: now.active });
      this.parts.tell(`Switched: files are written into "${to}" and read from it.`);
    }
    if (now.phase !== 'moved' || now.active !== to) throw new BlobMoveError(underWay(now));
    await this.completeMoved(now);
    return `The files are in "${to}". "${now.other}" is kept up to date: \`perennial blobs migrate finish\` ends that, \`perennial blobs migrate rollback\` goes back.`;
  }

  /**
   * Ends the grace: the old store is neither written nor read any more, and keeps what it has.
   *
   * @param isLeft does not copy what only the old store has, since that store is lost
   */
  async finish(isLeft: boolean): Promise<string> {
    const { row, gate } = this.parts;
    const now = await row.read();
    if (now.phase === 'settled') return `The files are in "${now.active}". There is nothing to finish.`;
    if (now.phase !== 'moved') throw new BlobMoveError(underWay(now));
    if (isLeft) await gate.reached(now.version);
    else await this.completeMoved(now);
    await this.settle(now);
    return `The files are in "${now.active}" only. Nothing reads or writes "${now.other}" any more: what it has can be removed.`;
  }

  /**
   * Back to the store that was left, or has not been left yet.
   *
   * @param isLeft does not copy back what only the other store has, since that store is lost
   */
  async rollback(isLeft: boolean): Promise<string> {
    const { row, gate } = this.parts;
    let now = await row.read();
    if (now.phase === 'settled') return `The files are in "${now.active}". There is nothing to roll back.`;
    if (now.phase === 'moved')
      now = await row.change(now, { phase: 'returning', active: now.other!, other: now.active });
    if (now.phase === 'returning' && !isLeft) {
      await gate.reached(now.version);
      const listed = await this.copyAll(now, now.other!, now.active);
      await this.compare(now.other!, now.active, { listed, isComplete: true });
    }
    await this.settle(now);
    return `The files are in "${now.active}". "${now.other}" is not used any more, and keeps what it has.`;
  }

  private async settle(now: BlobStoresRow): Promise<void> {
    const { version } = await this.parts.row.change(now, { phase: 'settled', active: now.active, other: null });
    await this.parts.gate.reached(version);
  }

  private async completeMoved(now: BlobStoresRow): Promise<void> {
    await this.parts.gate.reached(now.version);
    const listed = await this.copyAll(now, now.other!, now.active);
    await this.compare(now.other!, now.active, { listed, isComplete: true });
  }

  /**
   * Passes until one has copied nothing, or nearly nothing before the switch. A store that is away is waited for.
   *
   * @returns some of the files, by chance
   */
  private async copyAll(now: BlobStoresRow, fromName: string, toName: string): Promise<string[]> {
    const { stores, tell, includes, throttle, countKeys, listed, signal } = this.parts;
    const [from, to] = [await stores.at(fromName), await stores.at(toName)];
    const isBefore = now.phase === 'copying';
    let total = await countKeys();
    for (let number = 1; ; number += 1) {
      const pass = await this.whileAway(async () => {
        // The next command may run elsewhere than the one that was killed.
        for (const name of isBefore ? [fromName] : [fromName, toName]) await this.assertSees(name);
        const mirror = new BlobMirror(from, to, {
          includes,
          isShared: true,
          through: () => throttle.stream(),
          onBatch: (done) => this.showProgress({ pass: number, from: fromName, to: toName }, done, total),
          sampled: listed,
          signal,
        });
        const done = await mirror.pass();
        const away = done.failures.find(({ code }) => code === 'UNAVAILABLE');
        if (away) throw new Away(away.error);
        const denied = done.failures.find(({ code }) => code === 'DENIED');
        if (denied && (await this.refusesAll(from, to, done))) throw new Away(denied.error);
        const { sample } = mirror;
        if (!isBefore) return { ...done, sample, removed: 0 };
        // Before the switch everything is written into `from` first, so what only `to` has was deleted, or is of an earlier move.
        await this.assertUnchanged(now);
        return { ...done, sample, removed: await mirror.removeStrays() };
      });
      // No row of the database may name some of them.
      total = Math.max(total, pass.blobs);
      const line = `${titleOf({ pass: number, from: fromName, to: toName })}: ${pass.copied} of ${pass.blobs} files copied, ${pass.removed} removed.`;
      tell(line);
      await this.parts.row.tell(line);
      this.assertCopied(pass);
      if (pass.copied + pass.removed <= (isBefore ? NEARLY_NOTHING : 0)) return pass.sample;
    }
  }

  /** Whether one of the stores refuses everything: a blob that it alone refuses is named like a damaged one, and keeps back no other. */
  private async refusesAll(from: BlobStore, to: BlobStore, { failures }: MirrorPass): Promise<boolean> {
    const failed = new Set(failures.map(({ key }) => key));
    const keys = (await this.parts.sampleKeys(SOUGHT)).filter((key) => this.parts.includes(key) && !failed.has(key));
    try {
      await probe(to);
      for (const key of keys) if (await isGivenOut(from, key)) return false;
    } catch (error) {
      if (error instanceof BlobStoreError && error.code === 'DENIED') return true;
      throw error;
    }
    return keys.length > 0;
  }

  private async showProgress(
    at: Pick<PassProgress, 'pass' | 'from' | 'to'>,
    { blobs: done, copied, bytes }: Readonly<MirrorPass>,
    total: number,
  ): Promise<void> {
    this.parts.signal?.throwIfAborted();
    await this.parts.onProgress?.({ ...at, done, total: Math.max(done, total), copied, bytes });
    const now = performance.now();
    if (now - this.shownAt < PROGRESS_MS) return;
    this.shownAt = now;
    const share = Math.min(100, Math.floor((100 * done) / Math.max(1, total)));
    await this.parts.row.tell(`${titleOf(at)}: about ${share} %, ${copied} of ${done} files copied so far.`);
  }

  /**
   * After a pass of hours the session that held the lock may be gone, and another command may have switched: from then on only the new store
   * may have a file.
   *
   * @throws BlobMoveError then, or the failure of the session
   */
  private async assertUnchanged({ version }: BlobStoresRow): Promise<void> {
    if ((await this.parts.row.read()).version !== version) throw new BlobMoveError(CHANGED_MEANWHILE);
  }

  private assertCopied({ failed, failures }: MirrorPass): void {
    if (failed === 0) return;
    const told = failures.map(({ key, error }) => `${key}: ${error}`).join('\n');
    if (!this.parts.skipUnreadable)
      throw new BlobMoveError(
        `${failed} files cannot be copied, so this goes no further. Mend or delete them and begin this again, or leave them behind (--skip-unreadable):\n${told}`,
      );
    this.parts.tell(`${failed} files are left behind, because they cannot be copied:\n${told}`);
  }

  private async compare(
    from: string,
    to: string,
    { listed, isComplete }: { listed: readonly string[]; isComplete: boolean },
  ): Promise<void> {
    const { stores, sampleKeys, sample, includes, tell, skipUnreadable, onCompared, signal } = this.parts;
    const [there, here] = [await stores.at(from), await stores.at(to)];
    const keys = [...new Set([...(await sampleKeys(sample)), ...listed])].filter(includes);
    const equal = await this.whileAway(() => compareSamples(there, here, keys, { isComplete, skipUnreadable, signal }));
    await onCompared?.({ samples: keys.length, equal });
    tell(`${equal} of ${keys.length} files that were chosen by chance have the same SHA-256 in both stores.`);
  }

  private async assertUsable(name: string): Promise<void> {
    const store = await this.parts.stores.at(name);
    await probe(store).catch((error: unknown) => {
      if (!(error instanceof BlobStoreError || error instanceof BlobMoveError)) throw error;
      throw new BlobMoveError(`The store "${name}" cannot be used: ${error.message}. Nothing was changed.`);
    });
  }

  /** A directory that is not the services' own one would look like an empty store, and everything as if it were copied. */
  private async assertSees(name: string): Promise<void> {
    const store = await this.parts.stores.at(name);
    const keys = (await this.parts.sampleKeys(SOUGHT)).filter(this.parts.includes);
    let denied: BlobStoreDeniedError | undefined;
    for (const key of keys) {
      try {
        if (await isIn(store, key)) return;
      } catch (error) {
        // A store may refuse one of its blobs.
        if (!(error instanceof BlobStoreDeniedError)) throw error;
        denied = error;
      }
    }
    if (denied) throw denied;
    if (keys.length > 0)
      throw new BlobMoveError(
        `None of ${keys.length} files that the database names is in "${name}" as this command sees it. Give it the same variables, and the same directory (DATA_DIR), as the services have.`,
      );
  }

  private async whileAway<T>(work: () => Promise<T>): Promise<T> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Away || (error instanceof BlobStoreError && isAway(error.code)))) throw error;
        const line = `A store is away: ${error.message}. People work on with the other one. The next try is in ${pauseMs / 1_000} s.`;
        this.parts.tell(line);
        await this.parts.row.tell(line);
        await sleep(pauseMs, undefined, { signal: this.parts.signal });
      }
    }
  }
}

const titleOf = ({ pass, from, to }: Pick<PassProgress, 'pass' | 'from' | 'to'>): string =>
  `Pass ${pass} from "${from}" to "${to}"`;

/** Some of the blobs of a pass could not be copied because a store was away. */
class Away extends Error {}

/** What a move of files has come to, and how to go on, in sentences. */
export function underWay({ phase, active, other }: BlobStoresRow): string {
  switch (phase) {
    case 'copying':
      return `Files are being moved from "${active}" to "${other}". Go on with \`perennial blobs migrate --to ${other}\`, or give it up with \`perennial blobs migrate rollback\`.`;
    case 'moved':
      return `The files were moved from "${other}" to "${active}". First end that with \`perennial blobs migrate finish\` or \`perennial blobs migrate rollback\`.`;
    case 'returning':
      return `A rollback to "${active}" is under way. Go on with \`perennial blobs migrate rollback\`.`;
    case 'settled':
      return `The files are in "${active}".`;
  }
}
