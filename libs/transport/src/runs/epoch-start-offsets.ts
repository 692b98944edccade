import type { RunPosition } from './types';

/** Start offset of each epoch of one generation, as far as known here. */
export class EpochStartOffsets {
  private readonly bases = new Map<number, number>();

  constructor(bases: Iterable<readonly [epoch: number, base: number]> = []) {
    this.add(bases);
  }

  add(bases: Iterable<readonly [epoch: number, base: number]>): void {
    for (const [epoch, base] of bases) this.bases.set(epoch, base);
  }

  /** False when the base of an epoch between the cursor's and the current one is unknown. */
  canJudge(cursor: RunPosition, epoch: number): boolean {
    for (let after = cursor.epoch + 1; after <= epoch; after += 1) if (!this.bases.has(after)) return false;
    return true;
  }

  /** True when no later epoch began before the cursor: the text that its reader shows is still valid. */
  isTrue(cursor: RunPosition, epoch: number): boolean {
    for (let after = cursor.epoch + 1; after <= epoch; after += 1) {
      if (cursor.offset > (this.bases.get(after) ?? -1)) return false;
    }
    return true;
  }
}
