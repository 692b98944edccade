import { memo, type ReactNode, useMemo, useSyncExternalStore } from 'react';
import { MarkdownDocument } from '../lex/document';
import { Blocks } from './blocks';

/** A text that may be growing. HTML in it is shown as text, and unsafe addresses are dropped, so that an answer cannot run scripts. */
export function MarkdownView({ document }: { document: MarkdownDocument }): ReactNode {
  const groups = useSyncExternalStore(document.subscribe, document.shown, document.shown);
  return (
    <div className="markdown">
      {groups.map((blocks, at) => (
        <Blocks key={at} blocks={blocks} />
      ))}
    </div>
  );
}

/** A text that is complete. */
export const Markdown = memo(function Markdown({ text }: { text: string }): ReactNode {
  const document = useMemo(() => MarkdownDocument.of(text), [text]);
  return <MarkdownView document={document} />;
});
