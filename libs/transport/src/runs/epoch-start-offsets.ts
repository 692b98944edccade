import type { RunPosition } from './types';

/** Where each epoch of one generation began, as far as this process has heard. */
export class EpochStartOffsets {
  private readonly bases = new Map<number, number>();

  constructor(bases: Iterable<readonly [epoch: number, base: number]> = []) {
    this.add(bases);
  }

  add(bases: Iterable<readonly [epoch: number, base: number]>): void {
    for (const [epoch, base] of bases) this.bases.set(epoch, base);
  }

  /** False when some epoch between the cursor's and the current one has no known base. */
  canJudge(cursor: RunPosition, epoch: number): boolean {
    for (let after = cursor.epoch + 1; after <= epoch; after += 1) if (!this.bases.has(after)) return false;
    return true;
  }

  /** True when no later epoch began before the cursor: what its reader shows is still the text. */
  isTrue(cursor: RunPosition, epoch: number): boolean {
    for (let after = cursor.epoch + 1; after <= epoch; after += 1) {
      if (cursor.offset > (this.bases.get(after) ?? -1)) return false;
    }
    return true;
  }
}
