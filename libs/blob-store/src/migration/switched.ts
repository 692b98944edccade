import type { Readable } from 'node:stream';
import { waitAtMost } from '@perennial/runtime';
import { OWN_STORE } from '../env';
import { BlobNotFoundError, BlobStoreDeniedError, BlobStoreError, BlobStoreUnavailableError } from '../errors';
import type {
  BlobContent,
  BlobEntry,
  BlobStore,
  BlobStoreCapabilities,
  GetOptions,
  KeyedBlobStore,
  ListOptions,
  PutOptions,
  Rotation,
  StoredBlob,
} from '../types';
import { copyBlob } from './copy';

/** A store that is away is asked last, and no copy into it is tried, for this long: it would hold up each reader and each upload. */
const AWAY_MS = 10_000;
/** An upload waits for its second copy for this long; one that takes longer goes on in the background. */
const COPY_WAIT_MS = 2_000;
/** Copies into a second store that are under way; a store that hangs would collect them. */
const MAX_COPIES = 32;

/** Which of the declared stores holds the files of the installation. */
export interface StoreChoice {
  /** Rises with each change. */
  version: number;
  /** Files are written into it and sought in it first. */
  active: string;
  /** While files are being moved: where they come from, or go to. It gets a copy of each new file, and is searched second. */
  other: string | null;
}

interface Place {
  name: string;
  store: KeyedBlobStore;
  /** By the process's clock (`performance.now`). */
  awayUntil: number;
  /** Copies into it that are under way. */
  copies: number;
}

/** The places of one choice, the active one first. */
interface Chosen {
  choice?: StoreChoice;
  places: readonly [Place, ...Place[]];
}

/**
 * The installation's own store, which can be changed while people upload, read and delete. A process may learn of a choice later than others: with
 * each two that follow each other, what one process writes by one of them is found and deleted by the other.
 */
export class SwitchedBlobStore implements KeyedBlobStore {
  readonly presign?: BlobStore['presign'];
  /** Called for a file that was not copied into the second store, a pass of the migration copies it; no error: the store is known to be away. */
  onMissed: (store: string, error?: unknown) => void = () => undefined;
  private readonly opened = new Map<string, Promise<Place>>();
  private chosen: Chosen | undefined;
  private refusal: BlobStoreError = new BlobStoreUnavailableError('It is not known yet which store has the files', 1);

  /**
   * @param named opens the other declared stores, on demand
   * @param prints fingerprints of all of them, by name
   */
  constructor(
    private readonly first: KeyedBlobStore,
    private readonly named: ReadonlyMap<string, () => Promise<KeyedBlobStore>>,
    readonly prints: Readonly<Record<string, string>>,
  ) {
    const own: Place = { name: OWN_STORE, store: first, awayUntil: 0, copies: 0 };
    this.opened.set(OWN_STORE, Promise.resolve(own));
    if (named.size > 0) return;
    this.chosen = { places: [own] };
    // A URL of one store would not be answered by another.
    if (first.presign) this.presign = async (key, options) => first.presign!(key, options);
  }

  get capabilities(): BlobStoreCapabilities {
    const { sharedBetweenHosts } = (this.chosen?.places[0].store ?? this.first).capabilities;
    return { presign: this.presign !== undefined, sharedBetweenHosts };
  }

  /** The choice that is applied here; undefined before the first. */
  get choice(): StoreChoice | undefined {
    return this.chosen?.choice;
  }

  /** Applies a choice to all operations that begin from now on; puts and deletions that are under way follow it before they resolve. */
  async use(choice: StoreChoice): Promise<void> {
    const { version, active, other } = choice;
    const now = this.choice;
    // A database that was put back a moment gives out a version twice.
    if (version === now?.version && active === now.active && other === now.other) return;
    try {
      const rest = other === null ? [] : [await this.open(other)];
      this.chosen = { choice, places: [await this.open(active), ...rest] };
    } catch (error) {
      // Files would get into the wrong store, silently.
      if (error instanceof BlobStoreDeniedError) [this.chosen, this.refusal] = [undefined, error];
      throw error;
    }
  }

  /**
   * A declared store by its name.
   *
   * @throws BlobStoreDeniedError when it is not declared
   */
  async at(name: string): Promise<KeyedBlobStore> {
    return (await this.open(name)).store;
  }

  async put(key: string, source: Readable, options: PutOptions): Promise<StoredBlob> {
    try {
      const [active] = this.places;
      const stored = await active.store.put(key, source, options);
      await this.spread(key, active, options.contentType);
      return stored;
    } finally {
      source.destroy();
    }
  }

  /** From the first store that has it. Before the choice is known any store that has it will do. */
  async get(key: string, options?: GetOptions): Promise<BlobContent> {
    let failure: unknown;
    const now = performance.now();
    const places = this.chosen?.places ?? (await this.all());
    for (const place of [...places].sort((a, b) => Number(now < a.awayUntil) - Number(now < b.awayUntil))) {
      try {
        return await place.store.get(key, options);
      } catch (error) {
        if (!(error instanceof BlobStoreError) || error.code === 'RANGE' || error.code === 'INVALID_KEY') throw error;
        if (error.code === 'UNAVAILABLE') place.awayUntil = performance.now() + AWAY_MS;
        // It is missing only if every store says so.
        if (failure === undefined || failure instanceof BlobNotFoundError) failure = error;
      }
    }
    throw failure;
  }

  /**
   * From every store. The first one twice: whichever of the two a migration copies from, it is deleted there before it is deleted where it is
   * copied to (`copyBlob`).
   */
  async delete(key: string): Promise<void> {
    await this.followingChoice(async (places) => {
      for (const { store } of places) await store.delete(key);
      if (places.length > 1) await places[0].store.delete(key);
    });
  }

  /** While files are being moved a key may come twice. */
  async *list(prefix: string, options?: ListOptions): AsyncGenerator<BlobEntry> {
    for (const { store } of this.places) yield* store.list(prefix, options);
  }

  async rotate(key: string): Promise<Rotation> {
    const rotations: Rotation[] = [];
    for (const { store } of this.places) rotations.push(await store.rotate(key));
    return rotations.find((rotation) => rotation !== 'gone') ?? 'gone';
  }

  async removeUnfinished(olderThanMs: number): Promise<number> {
    let removed = 0;
    for (const { store } of this.places) removed += await store.removeUnfinished(olderThanMs);
    return removed;
  }

  /** Of the active store. */
  async health(): Promise<void> {
    await this.places[0].store.health();
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.opened.values());
    await Promise.all(opened.map((place) => (place.status === 'fulfilled' ? place.value.store.close() : undefined)));
  }

  private get places(): Chosen['places'] {
    if (this.chosen === undefined) throw this.refusal;
    return this.chosen.places;
  }

  private async all(): Promise<Place[]> {
    return Promise.all([OWN_STORE, ...this.named.keys()].map((name) => this.open(name)));
  }

  private open(name: string): Promise<Place> {
    const known = this.opened.get(name);
    if (known) return known;
    const opening = this.openNamed(name);
    this.opened.set(name, opening);
    opening.catch(() => this.opened.delete(name));
    return opening;
  }

  private async openNamed(name: string): Promise<Place> {
    const open = this.named.get(name);
    if (!open)
      throw new BlobStoreDeniedError(`The store of files "${name}" is not declared in BLOB_STORES of this process`);
    return { name, store: await open(), awayUntil: 0, copies: 0 };
  }

  /** Repeats the work if the choice has changed during it: what began by the former one must hold by the present one, too. */
  private async followingChoice(work: (places: Chosen['places']) => Promise<void>): Promise<void> {
    let before: Chosen | undefined;
    do {
      before = this.chosen;
      await work(this.places);
    } while (before !== this.chosen);
  }

  /** Copies a new blob into the other store. It may fail there, as long as the store that has the blob is one of those in use. */
  private async spread(key: string, from: Place, contentType: string | undefined): Promise<void> {
    const reached = new Set([from]);
    await this.followingChoice(async (places) => {
      for (const to of places) {
        if (reached.has(to)) continue;
        const copy = async (): Promise<void> => {
          await copyBlob(from.store, to.store, key, { contentType });
          reached.add(to);
        };
        await (places.includes(from) ? this.attempt(to, copy) : copy());
      }
    });
  }

  /** Neither a store that is away nor one that hangs holds up an upload for long: the copy goes on, as one of few. */
  private async attempt(to: Place, copy: () => Promise<void>): Promise<void> {
    if (performance.now() < to.awayUntil || to.copies >= MAX_COPIES) return this.onMissed(to.name);
    to.copies += 1;
    const copied = copy()
      .catch((error: unknown) => {
        to.awayUntil = performance.now() + AWAY_MS;
        this.onMissed(to.name, error);
      })
      .finally(() => (to.copies -= 1));
    await waitAtMost(copied, COPY_WAIT_MS);
  }
}
