import { Inject, Injectable } from '@nestjs/common';
import { users } from '@perennial/contracts-auth';
import { CallError } from '@perennial/contracts-kernel';
import { type Logger, Runtime } from '@perennial/runtime';
import { Rpc } from '@perennial/transport';

const SERVICE = { kind: 'service', name: 'retrieval' } as const;
/** An answer holds for this long: a source has a turn every few seconds while it is read. */
const KNOWN_MS = 60_000;
const DEADLINE_MS = 1_000;
const MOST_KNOWN = 10_000;

/** Whether the people whose bases have sources may still use the installation. */
@Injectable()
export class SourceOwners {
  private readonly log: Logger;
  private readonly known = new Map<string, { isActive: boolean; until: number }>();

  constructor(
    private readonly rpc: Rpc,
    @Inject(Runtime) runtime: Runtime,
  ) {
    this.log = runtime.logger('sources');
  }

  /** False for a deactivated account, and for one that is gone. Without an answer it is as it was last known, or active: sources do not need auth. */
  async isActive(userId: string): Promise<boolean> {
    const known = this.known.get(userId);
    const now = performance.now();
    if (known && now < known.until) return known.isActive;
    const isActive = await this.ask(userId, known?.isActive ?? true);
    if (this.known.size >= MOST_KNOWN) this.known.clear();
    this.known.set(userId, { isActive, until: now + KNOWN_MS });
    return isActive;
  }

  private async ask(userId: string, otherwise: boolean): Promise<boolean> {
    try {
      const { role } = await this.rpc.call(users.get, { userId }, { principal: SERVICE, deadlineMs: DEADLINE_MS });
      return role !== 'pending';
    } catch (error) {
      if (error instanceof CallError && error.code === 'NOT_FOUND') return false;
      this.log.warn({ err: error }, 'the owner of a source is not known: auth does not answer');
      return otherwise;
    }
  }
}
