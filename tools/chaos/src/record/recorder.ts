import type { FailedRequest } from '@perennial/e2e/support/http';
import type { Complaint, Revocation, SettingRead, SettingWrite, TurnHistory } from './history';

/** Whoever restarts what died: a complaint of theirs is never excused. */
export const OPERATOR = 'operator';

/** Collects what people see while they see it. */
export class Recorder {
  readonly turns: TurnHistory[] = [];
  readonly failedRequests: FailedRequest[] = [];
  readonly writes: SettingWrite[] = [];
  readonly reads: SettingRead[] = [];
  readonly revocations: Revocation[] = [];
  readonly complaints: Complaint[] = [];
  readonly uploads: number[] = [];
  requests = 0;
  private nextTurn = 0;

  readonly failed = (request: FailedRequest): void => {
    this.failedRequests.push(request);
  };

  /** The number of a new turn. */
  turn(): number {
    return this.nextTurn++;
  }

  get begun(): number {
    return this.nextTurn;
  }

  complain(person: string, from: number, what: string, about: Pick<Complaint, 'missing' | 'document'> = {}): void {
    this.complaints.push({ person, from, to: Date.now(), what, ...about });
  }
}
