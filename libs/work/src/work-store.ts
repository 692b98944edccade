/** A claim of a piece of work. Each claim raises the epoch, so that writes of an earlier owner are rejected. */
export interface Fence {
  id: string;
  epoch: number;
}

/**
 * The statements of a service on the rows of its work. Each is a compare-and-set on state, owner and epoch.
 *
 * `Item` is the work in this process, `Owned` the row that it owns, `Job` the hint that a row waits.
 */
export interface WorkStore<Item, Owned extends Fence, Job> {
  /** Returns all rows that this process owns, and checkpoints the items in the same statement. */
  owned(processId: string, items: readonly Item[]): Promise<Owned[]>;
  /** Checkpoints the parts of these items that must be in Postgres before they are released. */
  keep?(processId: string, items: readonly Item[]): Promise<void>;
  /**
   * Returns work to the queue without counting a death. Rows that this process does not own at that epoch are left out.
   */
  release(processId: string, fences: readonly Fence[]): Promise<Job[]>;
}
