import type { PlacedBlobStore } from '@perennial/blob-store';
import { placementOfKey } from '@perennial/contracts-kernel';
import type { Placements } from '@perennial/runtime';

/** Which keys are of the installation's own store: a placement with a store of its own may have its bucket in common with it. */
export function inOwnStore(stores: PlacedBlobStore, placements: Placements): (key: string) => boolean {
  return (key) => {
    const placement = placementOfKey(key);
    return placement === undefined || (placements.has(placement) && !stores.separate.has(placement));
  };
}
