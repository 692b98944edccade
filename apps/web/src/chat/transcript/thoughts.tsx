import { Markdown, type MarkdownDocument, MarkdownView } from '@perennial/web-ui/markdown';
import { useState } from 'react';
import { t } from '../../messages';

interface ThoughtsProps {
  /** As they are stored, or as they come. */
  of: string | MarkdownDocument;
  /** They are still being written. */
  thinking: boolean;
}

/** A model's thoughts before its answer: collapsed, and rendered only when opened. They are never announced. */
export function Thoughts({ of, thinking }: ThoughtsProps) {
  const [open, setOpen] = useState(false);
  return (
    <details className="thoughts" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{thinking ? t('answer.thinking') : t('answer.thoughts')}</summary>
      {open && (typeof of === 'string' ? <Markdown text={of} /> : <MarkdownView document={of} />)}
    </details>
  );
}
