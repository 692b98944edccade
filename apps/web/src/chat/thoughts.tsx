import { useState } from 'react';
import { Markdown } from './markdown';

interface ThoughtsProps {
  text: string;
  /** They are still being written. */
  thinking: boolean;
}

/** A model's thoughts before its answer: collapsed, and rendered only when opened. */
export function Thoughts({ text, thinking }: ThoughtsProps) {
  const [open, setOpen] = useState(false);
  return (
    <details className="thoughts" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{thinking ? 'Thinking…' : 'Thoughts'}</summary>
      {open && <Markdown text={text} />}
    </details>
  );
}
