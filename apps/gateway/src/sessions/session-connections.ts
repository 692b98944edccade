import { Injectable } from '@nestjs/common';
import type { SessionClaims } from '@perennial/contracts-auth';

/** A socket or an event stream that lives as long as its session. */
export interface SessionConnection {
  readonly claims: SessionClaims;
  /** The session has ended: close the connection at once. */
  end(): void;
}

/** Every long connection of this process by user, so that it ends with its session. */
@Injectable()
export class SessionConnections {
  private readonly byUser = new Map<string, Set<SessionConnection>>();

  /** @returns the function that removes it again */
  add(connection: SessionConnection): () => void {
    const { id } = connection.claims;
    let ofUser = this.byUser.get(id);
    if (ofUser === undefined) this.byUser.set(id, (ofUser = new Set()));
    ofUser.add(connection);
    return () => {
      ofUser.delete(connection);
      if (ofUser.size === 0 && this.byUser.get(id) === ofUser) this.byUser.delete(id);
    };
  }

  endOf(userId: string, isOver: (claims: SessionClaims) => boolean): void {
    for (const connection of [...(this.byUser.get(userId) ?? [])]) if (isOver(connection.claims)) connection.end();
  }

  /** Ends every connection whose token has expired. */
  endExpired(now: number = Date.now()): void {
    for (const ofUser of [...this.byUser.values()]) {
      for (const connection of [...ofUser]) if (isExpired(connection.claims, now)) connection.end();
    }
  }
}

export function isExpired(claims: SessionClaims, now: number = Date.now()): boolean {
  return claims.exp !== undefined && claims.exp * 1_000 <= now;
}
