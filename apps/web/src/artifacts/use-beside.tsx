import type { Message } from '@perennial/contracts-wire';
import { lazy, type ReactNode, Suspense, useCallback, useState } from 'react';
import { PartBoundary } from '../ui/part-boundary';
import { withTexts } from '../ui/with-texts';
import type { Artifact } from './artifact';
import type { TextOf } from './versions';

const Panel = lazy(() => withTexts(import('./panel')));

/** What is shown beside a chat: nothing until somebody opens it, and nothing of another chat. */
export function useBeside(
  chatId: string | undefined,
  thread: readonly Message[],
  textOf: TextOf,
): { open: (artifact: Artifact) => void; panel: ReactNode } {
  const [shown, setShown] = useState<{ artifact: Artifact; of: string | undefined }>();
  const open = useCallback((artifact: Artifact) => setShown({ artifact, of: chatId }), [chatId]);
  const close = (): void => setShown(undefined);
  const panel = shown && shown.of === chatId && (
    <PartBoundary onClose={close}>
      <Suspense>
        <Panel artifact={shown.artifact} thread={thread} textOf={textOf} onShow={open} onClose={close} />
      </Suspense>
    </PartBoundary>
  );
  return { open, panel };
}
