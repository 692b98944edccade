import { followRun } from '@perennial/web-client';
import { useEffect, useState } from 'react';
import type { Run } from './run';
import { RunStore } from './run-store';

const RUNS = new RunStore(followRun, (flush) => requestAnimationFrame(flush));

/** The run that writes an answer. It stays after its end until another run begins, because the stored text may be loaded a moment later. */
export function useRun(runId: string | undefined): Run | undefined {
  const [run, setRun] = useState<Run>();
  useEffect(() => {
    if (!runId) return;
    const followed = RUNS.follow(runId);
    setRun(followed.run);
    return followed.release;
  }, [runId]);
  return run;
}
