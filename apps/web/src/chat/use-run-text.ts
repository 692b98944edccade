import { followRun, type RunText } from '@perennial/web-client';
import { useEffect, useState } from 'react';

/**
 * The text of an answer while it is being written; renders at most once a frame. It stays after the run's end until another run begins,
 * because the stored text may be loaded a moment later.
 */
export function useRunText(runId: string | undefined): { run?: RunText; connected: boolean } {
  const [run, setRun] = useState<RunText>();
  const [connected, setConnected] = useState(true);

  useEffect(() => {
    if (!runId) return;
    setRun(undefined);
    setConnected(true);
    let latest: RunText | undefined;
    let frame = 0;
    const stop = followRun(runId, {
      onChange: (next) => {
        latest = next;
        frame ||= requestAnimationFrame(() => {
          frame = 0;
          setRun(latest);
        });
      },
      onConnected: setConnected,
    });
    return () => {
      cancelAnimationFrame(frame);
      stop();
    };
  }, [runId]);

  return { run, connected };
}
