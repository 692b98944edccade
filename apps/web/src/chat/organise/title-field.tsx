import { useEffect, useRef } from 'react';
import { t } from '../../messages';

/** Enter and leaving the field keep the new title, Escape the old one. */
export function TitleField({ title, onEnd }: { title: string; onEnd: (title: string | undefined) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const ended = useRef(false);
  useEffect(() => field.current?.select(), []);
  const end = (keep: boolean) => {
    if (ended.current) return;
    ended.current = true;
    const text = field.current?.value.trim() ?? '';
    onEnd(keep && text !== '' && text !== title ? text : undefined);
  };
  return (
    <input
      ref={field}
      className="title-field"
      aria-label={t('chats.title')}
      dir="auto"
      defaultValue={title}
      maxLength={200}
      autoFocus
      onBlur={() => end(true)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === 'Enter') end(true);
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        end(false);
      }}
    />
  );
}
