import { useState } from 'react';
import { Markdown } from './markdown';

interface ThoughtsProps {
  text: string;
  /** They are still being written. */
  thinking: boolean;
}

/** What a model thought before it answered: folded until somebody wants to read it, and rendered only then. */
export function Thoughts({ text, thinking }: ThoughtsProps) {
  const [open, setOpen] = useState(false);
  return (
    <details className="thoughts" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{thinking ? 'Thinking…' : 'Thoughts'}</summary>
      {open && <Markdown text={text} />}
    </details>
  );
}
