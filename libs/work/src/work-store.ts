/** A claim of a piece of work. Each claim raises the epoch, so that what an earlier owner writes is refused. */
export interface Fence {
  id: string;
  epoch: number;
}

/**
 * The statements of a service on the rows of its work. Each is a compare-and-set on state, owner and epoch.
 *
 * `Item` is what the process does about a row that it owns, `Owned` what Postgres says of one, `Job` the hint that a row waits.
 */
export interface WorkStore<Item, Owned extends Fence, Job> {
  /** All that Postgres says is this process's. Keeps on the way what the items have to be kept of. */
  owned(processId: string, items: readonly Item[]): Promise<Owned[]>;
  /** Keeps what of these must be in Postgres before they are given back. */
  keep?(processId: string, items: readonly Item[]): Promise<void>;
  /** Gives work back to the queue without counting a death; what is not this process's at that epoch is left out. */
  release(processId: string, fences: readonly Fence[]): Promise<Job[]>;
}
