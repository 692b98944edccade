import { useEffect, useState } from 'react';
import { RUN_READER } from '../../run-reader';
import type { Run } from './run';
import { RunStore } from './run-store';

const RUNS = new RunStore(RUN_READER.follow, {
  next: (run) => requestAnimationFrame(run),
  painted: (run) => {
    // Its message comes after the frame in which it is sent.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      run();
    };
    port2.postMessage(undefined);
  },
  later: (run, ms) => setTimeout(run, ms),
});

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
