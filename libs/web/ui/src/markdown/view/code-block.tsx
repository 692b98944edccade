import { memo, type ReactNode } from 'react';

/** Lines that are rendered as one unit: a growing block renders its last one only. */
const LINES = 50;

/** A block of code. It scrolls sideways, so it must be reachable by keyboard. */
export function CodeBlock({ text, language }: { text: string; language: string | undefined }): ReactNode {
  return (
    <pre tabIndex={0} dir="ltr">
      <code className={language ? `language-${language}` : undefined}>
        {chunks(text).map((chunk, at) => (
          <Chunk key={at} text={chunk} />
        ))}
      </code>
    </pre>
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
