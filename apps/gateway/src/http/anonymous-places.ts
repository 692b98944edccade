import { toNetwork } from '@perennial/runtime';
import { overloaded, Problem } from '../problem';

interface Place {
  /** Ends the request in this place if that is possible now; returns whether it was. */
  readonly makeRoom: () => boolean;
}

/**
 * Places for clients that are not signed in. There are few, because such clients are unknown. If all are taken, the network with the most
 * loses its oldest, so that an attacker displaces itself and a new client gets in. One network has at most half of the places.
 */
export class AnonymousPlaces {
  private readonly byNetwork = new Map<string, Set<Place>>();
  private taken = 0;

  constructor(private readonly limit: number) {}

  get count(): number {
    return this.taken;
  }

  /**
   * Takes a place. `makeRoom` may be called once, later: it ends the request, or returns false if that is impossible now.
   *
   * @returns the function that releases the place; safe to call twice
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
