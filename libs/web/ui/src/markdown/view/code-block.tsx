import { memo, type ReactNode, useContext, useState } from 'react';
import { download } from '../copy/download';
import { NOT_COPIED } from '../copy/rich-text';
import { CopyButton } from './copy-button';
import { GrewContext, MarkdownPartsContext } from './parts';

/** Lines that are rendered as one unit: a growing block renders its last one only. */
const LINES = 50;
/** A longer block is folded, unless it grew before the reader's eyes. */
const FOLDED_FROM = 40;

/** A block of code. It scrolls sideways, so it must be reachable by keyboard; its head stays in view. */
export function CodeBlock({ text, language }: { text: string; language: string | undefined }): ReactNode {
  const { words } = useContext(MarkdownPartsContext);
  const lines = linesOf(text);
  const grew = useContext(GrewContext);
  const [open, setOpen] = useState(grew || lines <= FOLDED_FROM);
  const [wrapped, setWrapped] = useState(false);
  return (
    <div className="code" data-folded={!open} data-wrapped={wrapped}>
      <div className="code-head" {...NOT_COPIED}>
        <span>{language ?? words.code}</span>
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
          {chunks(text).map((chunk, at) => (
            <Chunk key={at} text={chunk} />
          ))}
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

const Chunk = memo(function Chunk({ text }: { text: string }): ReactNode {
  return <span>{text}</span>;
});

function chunks(text: string): string[] {
  const found: string[] = [];
  let from = 0;
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    if (++lines % LINES > 0) continue;
    found.push(text.slice(from, at + 1));
    from = at + 1;
  }
  if (from < text.length) found.push(text.slice(from));
  return found;
}

function linesOf(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
