import { Injectable } from '@nestjs/common';
import type { SessionClaims } from '@perennial/contracts-auth';

/** A socket or an event stream that lives as long as its session. */
export interface Held {
  readonly claims: SessionClaims;
  /** The session is over: end the connection at once. */
  end(): void;
}

/** Every long connection of this process by user, so that a session that is over takes its connections along. */
@Injectable()
export class ConnectionsHeld {
  private readonly byUser = new Map<string, Set<Held>>();

  /** @returns the function that forgets it again */
  add(held: Held): () => void {
    const { id } = held.claims;
    let ofUser = this.byUser.get(id);
    if (ofUser === undefined) this.byUser.set(id, (ofUser = new Set()));
    ofUser.add(held);
    return () => {
      ofUser.delete(held);
      if (ofUser.size === 0 && this.byUser.get(id) === ofUser) this.byUser.delete(id);
    };
  }

  endOf(userId: string, isOver: (claims: SessionClaims) => boolean): void {
    for (const held of [...(this.byUser.get(userId) ?? [])]) if (isOver(held.claims)) held.end();
  }

  /** Ends every connection whose token has expired. */
  endExpired(now: number = Date.now()): void {
    for (const ofUser of [...this.byUser.values()]) {
      for (const held of [...ofUser]) if (isExpired(held.claims, now)) held.end();
    }
  }
}

export function isExpired(claims: SessionClaims, now: number = Date.now()): boolean {
  return claims.exp !== undefined && claims.exp * 1_000 <= now;
}
