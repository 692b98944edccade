import { toNetwork } from '@perennial/runtime';
import { overloaded, Problem } from '../problem';

interface Place {
  /** Ends what holds the place, where that may be ended now; answers whether it could. */
  readonly makeRoom: () => boolean;
}

/**
 * The places of those who are not signed in: few, because nobody knows who they are. When all are taken, the network that holds most gives up its
 * oldest, so that whoever floods us pays for it and a newcomer gets in. One network has half of the places at most.
 */
export class AnonymousPlaces {
  private readonly byNetwork = new Map<string, Set<Place>>();
  private taken = 0;

  constructor(private readonly limit: number) {}

  get count(): number {
    return this.taken;
  }

  /**
   * Takes a place. `makeRoom` may be called later, once: it ends what holds the place, or answers false where that must not be ended now.
   * @returns the function that gives the place back; safe to call twice
   * @throws Problem 429 when this network holds too many that cannot be ended, 503 when all do
   */
  enter(address: string, makeRoom: () => boolean): () => void {
    const network = toNetwork(address);
    const own = this.byNetwork.get(network) ?? new Set<Place>();
    if (own.size >= Math.ceil(this.limit / 2) && !this.endOneOf(network, own))
      throw new Problem(429, 'Too many requests of your network are under way. Try again in a moment.', {
        'retry-after': '1',
      });
    if (this.taken >= this.limit && !this.endOne()) throw overloaded();
    const place: Place = { makeRoom };
    this.byNetwork.set(network, own.add(place));
    this.taken += 1;
    return () => this.leave(network, own, place);
  }

  private endOne(): boolean {
    let heaviest: [string, Set<Place>] | undefined;
    for (const entry of this.byNetwork)
      if (heaviest === undefined || entry[1].size > heaviest[1].size) heaviest = entry;
    if (heaviest !== undefined && this.endOneOf(...heaviest)) return true;
    return [...this.byNetwork].some(([network, places]) => this.endOneOf(network, places));
  }

  private endOneOf(network: string, places: Set<Place>): boolean {
    for (const place of places) {
      if (!place.makeRoom()) continue;
      this.leave(network, places, place);
      return true;
    }
    return false;
  }

  private leave(network: string, places: Set<Place>, place: Place): void {
    if (!places.delete(place)) return;
    this.taken -= 1;
    if (places.size === 0 && this.byNetwork.get(network) === places) this.byNetwork.delete(network);
  }
}
