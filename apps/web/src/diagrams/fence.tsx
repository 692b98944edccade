import type { Fence } from '@perennial/web-ui/markdown';
import { lazy, type ReactNode, Suspense } from 'react';
import { addCatalogue } from '../messages/language';

const Diagram = lazy(async () => {
  const [diagram, { DIAGRAM_TEXTS }] = await Promise.all([import('./diagram'), import('./messages')]);
  // Without the language's texts they are in English.
  await addCatalogue(DIAGRAM_TEXTS).catch(() => undefined);
  return diagram;
});

/** What is shown for a block of code: a diagram once its fence is closed, else the code. */
export function fenceShown({ language, text, isClosed }: Fence, code: ReactNode): ReactNode {
  if (language?.toLowerCase() !== 'mermaid' || !isClosed || text.trim() === '') return code;
  return (
    <Suspense fallback={code}>
      <Diagram source={text} code={code} />
    </Suspense>
  );
}
