import { type RefObject, useEffect, useState } from 'react';
import { ARTIFACT_VERSION, type ShowMessage, toArtifactMessage } from '../sandbox/artifact-protocol';
import type { Artifact } from './artifact';
import { Flood } from './flood';

/** It may come over a slow line. */
const LOAD_MS = 30_000;
/** A frame that says nothing for so long hangs in a script. */
const SILENT_MS = 10_000;
/** A frame that says more in a second keeps the page from everything else. */
const MOST_A_SECOND = 200;

/** `loading` and `running` show the frame; with the others it is gone, and what ran in it with it. */
export type FrameState = 'loading' | 'running' | 'stopped' | 'flooded' | 'notLoaded';

/** Shows an artifact in a frame, and watches over it: whether it runs, and whether it wanted to load something. `onLeave`: Escape was pressed in it. */
export function useFrame(
  frame: RefObject<HTMLIFrameElement | null>,
  { language, source }: Artifact,
  onLeave: () => void,
): { state: FrameState; refused: boolean } {
  const [state, setState] = useState<FrameState>('loading');
  const [refused, setRefused] = useState(false);
  const isShown = state === 'loading' || state === 'running';
  useEffect(() => {
    if (!isShown) return;
    let limit: ReturnType<typeof setTimeout> | undefined;
    let isReady = false;
    const flood = new Flood(MOST_A_SECOND);
    const watch = (): void => {
      clearTimeout(limit);
      // A browser lets pages that nobody sees sleep.
      if (document.hidden) return;
      limit = setTimeout(() => setState(isReady ? 'stopped' : 'notLoaded'), isReady ? SILENT_MS : LOAD_MS);
    };
    const hear = ({ source: from, origin, data }: MessageEvent<unknown>): void => {
      const shown = frame.current?.contentWindow;
      if (!shown || from !== shown || origin !== 'null') return;
      if (flood.has(performance.now())) return setState('flooded');
      const message = toArtifactMessage(data);
      if (message?.kind === 'ready' && !isReady) {
        isReady = true;
        const show: ShowMessage = { version: ARTIFACT_VERSION, kind: 'show', language, source };
        // It has no origin that could be named; the frame shows only our file, which is all that it can show.
        shown.postMessage(show, '*');
        setState('running');
      }
      if (message?.kind === 'refused') setRefused(true);
      if (message?.kind === 'leave') onLeave();
      if (message) watch();
    };
    addEventListener('message', hear);
    document.addEventListener('visibilitychange', watch);
    watch();
    return () => {
      clearTimeout(limit);
      removeEventListener('message', hear);
      document.removeEventListener('visibilitychange', watch);
    };
  }, [frame, language, source, onLeave, isShown]);
  return { state, refused };
}
