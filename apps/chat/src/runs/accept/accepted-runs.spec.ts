import { describe, expect, it } from 'vitest';
import type { GenerationService } from '../generation/generation.service';
import type { RunClaims } from '../generation/run-claims';
import type { RunJob, RunQueue } from '../ownership/run-queue';
import { AcceptedRuns } from './accepted-runs';

// Real: the decision who is notified of an accepted run. Not real: the claim.
describe('an accepted run that was not claimed with its accept', () => {
  async function jobsOf(tryWork: () => Promise<boolean>): Promise<RunJob[]> {
    const jobs: RunJob[] = [];
    const accepted = new AcceptedRuns(
      {
        room: 1,
        reserve: 1,
        atAccept: async (_: number, accept: (owner: string) => unknown) => ({
          result: await accept('me'),
          attempts: [],
        }),
      } as unknown as RunClaims,
      { tryWork } as unknown as GenerationService,
      { enqueue: (added: readonly RunJob[]) => jobs.push(...added) } as unknown as RunQueue,
    );
    await accepted.begin(1, async () => ({ reply: 'reply', runIds: ['run'], claimed: Promise.resolve([]) }));
    await new Promise((resolve) => setImmediate(resolve));
    return jobs;
  }

  it('needs no job if this process has claimed a run for it', async () => {
    expect(await jobsOf(async () => true)).toEqual([]);
  });

  it('gets a job if this process has no room by now, or gets no run', async () => {
    expect(await jobsOf(async () => false)).toEqual([{ runId: 'run', epoch: 0 }]);
  });
});
