import { Inject, Injectable } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import { placementPrints, withTimeout } from '@perennial/runtime';
import {
  Connections,
  type FleetMember,
  isRedisUnavailable,
  namesOf,
  readFleet,
  redisUnavailable,
  strangersTo,
} from '@perennial/transport';
import { AUTH_ENV, type AuthEnv } from '../env';

const READ_MS = 2_000;

/** Whether every process of the installation can serve people with a placement. */
@Injectable()
export class PlacementCheck {
  constructor(
    private readonly connections: Connections,
    @Inject(AUTH_ENV) private readonly env: AuthEnv,
  ) {}

  /**
   * Before a person gets a placement: a process that does not know it would refuse the person's requests, and one that has another definition
   * would store the person's data elsewhere.
   *
   * @throws CallError INVALID_ARGUMENT when it is not declared; FAILED_PRECONDITION, with the names of the processes, when some lack it
   */
  async assertKnown(placement: string): Promise<void> {
    const print = placementPrints(this.env.PLACEMENTS)[placement];
    if (print === undefined)
      throw new CallError(
        'INVALID_ARGUMENT',
        `There is no placement "${placement}". The operator declares them in PLACEMENTS.`,
      );
    const { unknown, different } = strangersTo(placement, print, await this.members());
    const faults = [
      ...(unknown.length > 0 ? [`${namesOf(unknown)} do not know it`] : []),
      ...(different.length > 0 ? [`${namesOf(different)} have another definition of it`] : []),
    ];
    if (faults.length === 0) return;
    throw new CallError(
      'FAILED_PRECONDITION',
      `Not every process has the placement "${placement}" as it is declared for auth: ${faults.join('; ')}. Give all of them the same PLACEMENTS.`,
      { reason: 'placement' },
    );
  }

  private members(): Promise<FleetMember[]> {
    return withTimeout(readFleet(this.connections), READ_MS, redisUnavailable).catch((error: unknown) => {
      throw isRedisUnavailable(error) ? redisUnavailable() : error;
    });
  }
}
