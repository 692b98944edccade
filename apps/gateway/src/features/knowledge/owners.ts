import { Injectable } from '@nestjs/common';
import { users } from '@perennial/contracts-auth';
import type { Owner } from '@perennial/contracts-wire';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../../sessions/caller';

/** Owners of items in lists. */
@Injectable()
export class Owners {
  constructor(private readonly rpc: Rpc) {}

  /**
   * The owners of a page's items; only administrators see other users' items, so it is usually the caller alone. An owner that is deleted, or
   * cannot be fetched now, is null.
   */
  async of(userIds: readonly string[], { user, principal }: Caller): Promise<(userId: string) => Owner> {
    const owners = new Map<string, Owner>([[user.id, ownerOf(user)]]);
    const others = [...new Set(userIds)].filter((userId) => !owners.has(userId));
    await Promise.all(
      others.map(async (userId) => {
        const other = await this.rpc.call(users.get, { userId }, { principal }).catch(() => undefined);
        owners.set(userId, other === undefined ? null : ownerOf(other));
      }),
    );
    return (userId) => owners.get(userId) ?? null;
  }
}

function ownerOf({ id, name, role, email }: Caller['user']): Owner {
  return { id, name, role, email };
}
