import { Injectable } from '@nestjs/common';
import {
  behindSettings,
  formatSettingsVersion,
  type SettingsOwner,
  type SettingsVersion,
} from '@perennial/contracts-gateway';
import { SharedRuns, withTimeout } from '@perennial/runtime';
import { Problem } from '../problem';

/** Longest wait for a version that a request asks for. */
const WAIT_MS = 1_000;

/** A cache of one owner's data in this process. */
export interface AppliedData {
  /** The version that is applied here; undefined before the first. */
  applied(): number | undefined;
  /** Asks the owner for its version, and applies it. */
  read(): Promise<void>;
}

interface Owner {
  data: AppliedData;
  reads: SharedRuns;
  /** How many reads have begun. */
  begun: number;
  /** A change was made through this process and could not be read back: the number of the last read that began before. */
  behind?: number;
}

/** The versions of settings and permissions that this process has applied. */
@Injectable()
export class AppliedVersions {
  private readonly owners = new Map<SettingsOwner, Owner>();
  private cached = { c: undefined as number | undefined, a: undefined as number | undefined, text: '' };

  /** @returns reads as `data` does; its own polls use it */
  register(name: SettingsOwner, data: AppliedData): () => Promise<void> {
    const read = async (): Promise<void> => {
      const number = ++owner.begun;
      await data.read();
      if (number > (owner.behind ?? Infinity)) owner.behind = undefined;
    };
    const owner: Owner = { data, reads: new SharedRuns(read), begun: 0 };
    this.owners.set(name, owner);
    return read;
  }

  /** The version as text; empty while this process does not know that it has applied a change that it has itself forwarded. */
  get text(): string {
    const { c, a } = this.version;
    if (c !== this.cached.c || a !== this.cached.a) this.cached = { c, a, text: formatSettingsVersion({ c, a }) };
    const isBehind = [...this.owners.values()].some(({ behind }) => behind !== undefined);
    return isBehind ? '' : this.cached.text;
  }

  /** After a change that was made through this process: the reply is sent when it is applied here. Never rejects. */
  async catchUp(owner: SettingsOwner): Promise<void> {
    const known = this.owners.get(owner);
    if (!known) return;
    // The change is made; if it cannot be read now, the poll reads it.
    await known.reads.run().catch(() => (known.behind = known.begun));
  }

  /** Asks all owners for their versions. Never rejects: while an owner is away, its last version stays. */
  async refresh(): Promise<void> {
    await Promise.allSettled([...this.owners.values()].map(({ reads }) => reads.run()));
  }

  /**
   * Waits until this process has applied the version, at most a second. One that the owner itself does not know was lost by its database
   * (restored, or failed over), and waiting would not help.
   *
   * @throws Problem 503
   */
  async reach(wanted: SettingsVersion): Promise<void> {
    const behind = behindSettings(this.version, wanted);
    if (behind.length === 0) return;
    const late = (): Problem =>
      notReached(
        `The settings version ${formatSettingsVersion(wanted)} is not applied here yet. Try again in a moment.`,
      );
    const reads = Promise.all(behind.map((owner) => this.owners.get(owner)?.reads.run()));
    await withTimeout(reads, WAIT_MS, late).catch(() => {
      throw late();
    });
    if (behindSettings(this.version, wanted).length === 0) return;
    const known = formatSettingsVersion(this.version);
    throw notReached(
      `There is no settings version ${formatSettingsVersion(wanted)} here, the latest is ${known}. Ask for that one, or for none.`,
    );
  }

  private get version(): SettingsVersion {
    return { c: this.owners.get('c')?.data.applied(), a: this.owners.get('a')?.data.applied() };
  }
}

function notReached(message: string): Problem {
  return new Problem(503, message, { 'retry-after': '1' });
}
