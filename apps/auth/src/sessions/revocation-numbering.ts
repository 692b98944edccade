import { Injectable } from '@nestjs/common';
import { TOKENS_REVOKED } from '@perennial/contracts-auth';
import { UnitOfWork } from '@perennial/persistence';
import { raceAbort, retryTransient, Runtime, SharedRuns } from '@perennial/runtime';
import { Notices } from '@perennial/transport';
import { RevocationsRepository } from './revocations.repository';

/** As long as a restart of Postgres takes, within the deadline of a call. */
const RETRY_LIMIT_MS = 3_000;

/**
 * Numbers revocations after they have committed. One transaction numbers all waiting ones, so that signing out a whole class costs a few
 * commits on the numbering row and not one for each.
 */
@Injectable()
export class RevocationNumbering {
  private readonly runs = new SharedRuns(() => this.numberAll());

  constructor(
    private readonly runtime: Runtime,
    private readonly revocations: RevocationsRepository,
    private readonly unitOfWork: UnitOfWork,
    private readonly notices: Notices,
  ) {}

  /**
   * Resolves when everything that was committed before the call is in the feed and announced: whoever is told that a session has ended is
   * told so when every gateway can know it, also while Postgres restarts. Never rejects: after a logged failure the revocation stays recorded,
   * and the next read of the feed numbers it.
   */
  run(): Promise<void> {
    const signal = AbortSignal.timeout(RETRY_LIMIT_MS);
    // Also an attempt that hangs: the session has ended in any case.
    return raceAbort(
      retryTransient(() => this.runs.run(), { signal }),
      signal,
    ).catch((error: unknown) => {
      this.runtime.logger('revocations').warn({ err: error }, 'revocations could not be numbered');
    });
  }

  private async numberAll(): Promise<void> {
    for (let more = true; more;) {
      const page = await this.unitOfWork.run((tx) => this.revocations.number(tx));
      if (page.last !== undefined) await this.notices.publish(TOKENS_REVOKED, { sequence: page.last });
      more = page.more;
    }
  }
}
