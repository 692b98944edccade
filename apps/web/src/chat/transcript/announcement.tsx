import type { MarkdownDocument } from '@perennial/web-ui/markdown';
import { useEffect, useRef, useState } from 'react';
import { t } from '../../messages';

const STILL_WRITING_AFTER_MS = 10_000;

interface AnnouncementProps {
  writing: boolean;
  /** There is something of it. */
  answering: boolean;
  answer: MarkdownDocument;
}

/**
 * Tells people who cannot see the page that an answer begins, goes on and ends. Its words are not read aloud as they come: there are too many.
 */
export function Announcement({ writing, answering, answer }: AnnouncementProps) {
  const [said, setSaid] = useState('');
  const wasWriting = useRef(false);
  useEffect(() => {
    if (!writing || !answering) return;
    setSaid(t('answer.begins'));
    const timer = setTimeout(() => setSaid(t('answer.stillWriting')), STILL_WRITING_AFTER_MS);
    return () => clearTimeout(timer);
  }, [writing, answering]);
  useEffect(() => {
    if (!writing && wasWriting.current && answering) setSaid(t('answer.finished', { count: wordsIn(answer.text) }));
    wasWriting.current = writing;
  }, [writing, answering, answer]);
  return (
    <p className="visually-hidden" role="status">
      {said}
    </p>
  );
}

/** Languages without spaces have as many as they have. */
function wordsIn(text: string): number {
  const words = [...new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text)];
  return words.filter(({ isWordLike }) => isWordLike).length;
}
