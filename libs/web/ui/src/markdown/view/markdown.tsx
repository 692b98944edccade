import { memo, type ReactNode, useMemo, useSyncExternalStore } from 'react';
import { MarkdownDocument } from '../lex/document';
import { Blocks } from './blocks';
import { GrewContext, IsWholeContext } from './parts';

/** A text that may be growing. HTML in it is shown as text, and unsafe addresses are dropped, so that an answer cannot run scripts. `grew`: the reader saw it grow. */
export function MarkdownView({ document, grew = false }: { document: MarkdownDocument; grew?: boolean }): ReactNode {
  const groups = useSyncExternalStore(document.subscribe, document.shown, document.shown);
  return (
    <GrewContext value={grew}>
      {/* The end of a document makes its groups anew, so it is seen here. */}
      <IsWholeContext value={document.isWhole}>
        <div className="markdown">
          {groups.map((blocks, at) => (
            <Blocks key={at} blocks={blocks} />
          ))}
        </div>
      </IsWholeContext>
    </GrewContext>
  );
}

/** A text that is complete. */
export const Markdown = memo(function Markdown({ text }: { text: string }): ReactNode {
  const document = useMemo(() => MarkdownDocument.of(text), [text]);
  return <MarkdownView document={document} />;
});
