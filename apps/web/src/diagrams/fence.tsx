import type { Fence } from '@perennial/web-ui/markdown';
import { lazy, type ReactNode, Suspense } from 'react';
import { withTexts } from '../ui/with-texts';

const Diagram = lazy(() => withTexts(import('./diagram')));

/** What is shown for a block of code: a diagram once its fence is closed, else the code. */
export function fenceShown({ language, text, isClosed }: Fence, code: ReactNode): ReactNode {
  if (language?.toLowerCase() !== 'mermaid' || !isClosed || text.trim() === '') return code;
  return (
    <Suspense fallback={code}>
      <Diagram source={text} code={code} />
    </Suspense>
  );
}
