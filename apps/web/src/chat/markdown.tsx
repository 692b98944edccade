import { memo } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { Citation } from './citation';
import { remarkCitations } from './remark-citations';

const PLUGINS = [remarkGfm, remarkCitations];

const COMPONENTS: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  ),
  // Only our plugin creates them.
  cite: ({ node, children }) => (
    <Citation numbers={String(node?.properties['data-numbers'] ?? '')}>{children}</Citation>
  ),
  // It scrolls sideways, so it must be reachable by keyboard.
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
};

/**
 * A model's text as Markdown. Raw HTML in it is shown as text and unsafe addresses are dropped, so that an answer cannot run scripts.
 */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <div className="markdown">
      <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS}>
        {text}
      </ReactMarkdown>
    </div>
  );
});
