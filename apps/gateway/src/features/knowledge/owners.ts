import { Injectable } from '@nestjs/common';
import { users } from '@perennial/contracts-auth';
import type { Owner } from '@perennial/contracts-wire';
import { Rpc } from '@perennial/transport';
import type { Caller } from '../../sessions/caller';

/** Says whose something is. */
@Injectable()
export class Owners {
  constructor(private readonly rpc: Rpc) {}

  /**
   * Names the owners of what a page lists; only administrators see what is somebody else's, so it is usually the caller alone. One that
   * cannot be asked about now, or is gone, is null.
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
