import { type ReactNode, useContext, useState } from 'react';
import { download } from '../copy/download';
import { NOT_COPIED } from '../copy/rich-text';
import { CodeChunks } from './code-chunks';
import { CopyButton } from './copy-button';
import { type Fence, GrewContext, IsWholeContext, MarkdownPartsContext } from './parts';

/** A longer block is folded, unless it grew before the reader's eyes. */
const FOLDED_FROM = 40;

/** A block of code. It scrolls sideways, so it must be reachable by keyboard; its head stays in view. */
export function CodeBlock({ text, language, isClosed }: Fence): ReactNode {
  const { words, codeTools } = useContext(MarkdownPartsContext);
  const isWhole = useContext(IsWholeContext);
  const lines = linesOf(text);
  const grew = useContext(GrewContext);
  const [open, setOpen] = useState(grew || lines <= FOLDED_FROM);
  const [wrapped, setWrapped] = useState(false);
  return (
    <div className="code" data-folded={!open} data-wrapped={wrapped}>
      <div className="code-head" {...NOT_COPIED}>
        <span>{language ?? words.code}</span>
        {codeTools?.({ language, text, isClosed })}
        {/* Not below the code: there it would move while the code grows. */}
        {open && lines > FOLDED_FROM && (
          <button type="button" aria-expanded={true} onClick={() => setOpen(false)}>
            {words.fold}
          </button>
        )}
        <button type="button" aria-pressed={wrapped} onClick={() => setWrapped(!wrapped)}>
          {words.wrap}
        </button>
        <button type="button" onClick={() => download(text, `code.${(language ?? 'txt').replace(/\W/g, '') || 'txt'}`)}>
          {words.download}
        </button>
        <CopyButton what={() => ({ text })} />
      </div>
      <pre tabIndex={0} dir="ltr">
        <code className={language ? `language-${language}` : undefined}>
          <CodeChunks text={text} language={language} isFinal={isClosed || isWhole} />
        </code>
      </pre>
      {!open && (
        <button type="button" className="code-fold" {...NOT_COPIED} aria-expanded={false} onClick={() => setOpen(true)}>
          {words.unfold(lines)}
        </button>
      )}
    </div>
  );
}

function linesOf(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
