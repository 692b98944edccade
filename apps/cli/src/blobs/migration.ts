import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BlobStore, BlobStoreError, type SwitchedBlobStore } from '@perennial/blob-store';
import type { BlobStoresRow } from '@perennial/retrieval/operator';
import { CommandError } from '../failure';
import type { FleetGate } from './fleet-gate';
import { BlobMirror, type MirrorPass } from './mirror';
import { compareSamples } from './samples';
import type { StoreRow } from './store-row';
import type { Throttle } from './throttle';

/** A pass that has copied no more than this is followed by the switch: what is new by then is copied after it. */
const NEARLY_NOTHING = 16;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export interface MigrationParts {
  row: Pick<StoreRow, 'read' | 'change' | 'tell'>;
  stores: SwitchedBlobStore;
  gate: Pick<FleetGate, 'assertDeclared' | 'reached'>;
  throttle: Throttle;
  /** Whether a key is of the installation's own store: placements may share it. */
  includes: (key: string) => boolean;
  /** Keys of blobs that rows refer to, by chance. */
  sampleKeys: () => Promise<string[]>;
  /** For people, a line each. */
  tell: (line: string) => void;
  /** Goes on without blobs that cannot be read where they are. */
  skipUnreadable: boolean;
}

/**
 * Moves the files of a running installation into another store. Everything that it knows is in the row and in the stores, so whatever kills it,
 * the next one continues. The caller holds the lock.
 */
export class BlobMigration {
  constructor(private readonly parts: MigrationParts) {}

  /** Copies, compares and switches. The old store is kept up to date until `finish` or `rollback`. */
  async migrate(to: string): Promise<string> {
    const { row, gate, stores } = this.parts;
    let now = await row.read();
    if (now.phase === 'settled' && now.active === to) return `The files are in "${to}".`;
    if (now.phase === 'settled') {
      await gate.assertDeclared([now.active, to], stores.prints);
      await this.assertSees(now.active);
      await probe(to, await stores.at(to));
      now = await row.change(now, { phase: 'copying', active: now.active, other: to });
    }
    if (now.phase === 'copying' && now.other === to) {
      await gate.reached(now.version);
      await this.copyAll(now, now.active, to, NEARLY_NOTHING);
      await this.compare(now.active, to, false);
      await gate.assertDeclared([now.active, to], stores.prints);
      now = await row.change(now, { phase: 'moved', active: to, other: now.active });
      this.parts.tell(`Switched: files are written into "${to}" and read from it.`);
    }
    if (now.phase !== 'moved' || now.active !== to) throw new CommandError(underWay(now));
    await this.completeMoved(now);
    return `The files are in "${to}". "${now.other}" is kept up to date: \`perennial blobs migrate finish\` ends that, \`perennial blobs migrate rollback\` goes back.`;
  }

  /** Ends the grace: the old store is neither written nor read any more, and keeps what it has. */
  async finish(): Promise<string> {
    const now = await this.parts.row.read();
    if (now.phase === 'settled') return `The files are in "${now.active}". There is nothing to finish.`;
    if (now.phase !== 'moved') throw new CommandError(underWay(now));
    await this.completeMoved(now);
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
      await this.copyAll(now, now.other!, now.active, 0);
      await this.compare(now.other!, now.active, true);
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
    await this.copyAll(now, now.other!, now.active, 0);
    await this.compare(now.other!, now.active, true);
  }

  /** Passes until one has copied no more than `enough`. A store that is away is waited for. */
  private async copyAll(now: BlobStoresRow, fromName: string, toName: string, enough: number): Promise<void> {
    const { stores, tell, includes, throttle } = this.parts;
    const [from, to] = [await stores.at(fromName), await stores.at(toName)];
    for (let number = 1; ; number += 1) {
      const pass = await this.whileAway(async () => {
        const mirror = new BlobMirror(from, to, { includes, isShared: true, through: () => throttle.stream() });
        const done = await mirror.pass();
        const away = done.failures.find(({ code }) => code === 'UNAVAILABLE' || code === 'DENIED');
        if (away) throw new Away(away.error);
        // Before the switch everything is written into `from` first, so what only `to` has was deleted, or is of an earlier move.
        const removed = now.phase === 'copying' ? await mirror.removeStrays() : 0;
        return { ...done, removed };
      });
      const line = `Pass ${number} from "${fromName}" to "${toName}": ${pass.copied} of ${pass.blobs} files copied, ${pass.removed} removed.`;
      tell(line);
      await this.parts.row.tell(line);
      this.assertCopied(pass);
      if (pass.copied + pass.removed <= enough) return;
    }
  }

  private assertCopied({ failed, failures }: MirrorPass): void {
    if (failed === 0) return;
    const told = failures.map(({ key, error }) => `${key}: ${error}`).join('\n');
    if (!this.parts.skipUnreadable)
      throw new CommandError(
        `${failed} files cannot be copied, and nothing was switched. Mend or delete them and run this again, or leave them behind with --skip-unreadable:\n${told}`,
      );
    this.parts.tell(`${failed} files are left behind, because they cannot be copied:\n${told}`);
  }

  private async compare(from: string, to: string, isComplete: boolean): Promise<void> {
    const { stores, sampleKeys, includes, tell } = this.parts;
    const [there, here] = [await stores.at(from), await stores.at(to)];
    const keys = (await sampleKeys()).filter(includes);
    const equal = await this.whileAway(() => compareSamples(there, here, keys, isComplete));
    tell(`${equal} of ${keys.length} files that were chosen by chance have the same SHA-256 in both stores.`);
  }

  /** A directory that is not the services' own one would look like an empty store, and everything as if it were copied. */
  private async assertSees(name: string): Promise<void> {
    const store = await this.parts.stores.at(name);
    const keys = (await this.parts.sampleKeys()).filter(this.parts.includes);
    for (const key of keys) {
      const found = await store.get(key).catch((error: unknown) => {
        if (error instanceof BlobStoreError && error.code === 'NOT_FOUND') return undefined;
        throw error;
      });
      found?.stream.destroy();
      if (found) return;
    }
    if (keys.length > 0)
      throw new CommandError(
        `None of ${keys.length} files that the database names is in "${name}" as this command sees it. Give it the same variables, and the same directory (DATA_DIR), as the services have. Nothing was changed.`,
      );
  }

  private async whileAway<T>(work: () => Promise<T>): Promise<T> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        return await work();
      } catch (error) {
        const isAway = error instanceof BlobStoreError && (error.code === 'UNAVAILABLE' || error.code === 'DENIED');
        if (!isAway && !(error instanceof Away)) throw error;
        const line = `A store is away: ${error.message}. People work on with the other one. The next try is in ${pauseMs / 1_000} s.`;
        this.parts.tell(line);
        await this.parts.row.tell(line);
        await sleep(pauseMs);
      }
    }
  }
}

/** Some of the blobs of a pass could not be copied because a store was away. */
class Away extends Error {}

function underWay({ phase, active, other }: BlobStoresRow): string {
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

/** Writes a small blob, reads it, and deletes it. */
async function probe(name: string, store: BlobStore): Promise<void> {
  const key = `doctor/${randomUUID()}`;
  const bytes = Buffer.from('perennial blobs migrate');
  try {
    await store.put(key, Readable.from([bytes]), { maxBytes: bytes.length });
    const read = await buffer((await store.get(key)).stream);
    await store.delete(key);
    if (!read.equals(bytes)) throw new CommandError('what was read is not what was written');
  } catch (error) {
    if (!(error instanceof BlobStoreError || error instanceof CommandError)) throw error;
    throw new CommandError(`The store "${name}" cannot be used: ${error.message}. Nothing was changed.`);
  }
}
