import { type ClipboardEvent, type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { FileButton } from '../files/file-button';
import { t } from '../messages';
import { useStore } from '../state/store';
import { Icon } from '../ui/icon';
import { AttachmentTray } from './attachment-tray';
import { BasePicker } from './base-picker';
import { isSend, isTouch, recalled } from './composer-keys';
import type { Draft } from './draft';

interface ComposerProps {
  draft: Draft;
  /** An answer is being written: it can be stopped. */
  writing: boolean;
  /** The next message cannot be sent yet. */
  busy: boolean;
  /** The reader's questions in this chat, the last one first. */
  asked: readonly string[];
  problem?: string;
  /** Resolves when the server has the message. */
  onSend: (text: string) => Promise<unknown>;
  onStop: () => void;
}

/**
 * The message box: Enter sends, Shift+Enter breaks the line, on a phone Enter does; while an answer is written its button stops it. Files are
 * attached by button, by pasting, or by dropping them onto the chat; a message does not wait for them. What is in it survives a reload. A message
 * that is sent too early waits until the answer has ended.
 */
export function Composer({ draft, writing, busy, asked, problem, onSend, onStop }: ComposerProps) {
  const text = useStore(draft.text);
  const waiting = useStore(draft.waiting);
  const [sending, setSending] = useState(false);
  const [picking, setPicking] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  // On a phone the keyboard would cover what the reader came for. What lies above the page keeps the focus.
  useEffect(() => {
    if (!isTouch() && !document.activeElement?.closest('dialog, [popover]')) box.current?.focus();
  }, [draft]);

  const isBusy = sending || busy;
  const send = async (message: string) => {
    if (message === '') return;
    setSending(true);
    try {
      await onSend(message);
    } catch {
      // The problem is shown above the box.
      draft.giveBack();
    } finally {
      setSending(false);
    }
  };
  const say = async () => {
    if (isBusy) return draft.wait();
    await send(draft.take());
    if (isTouch()) box.current?.blur();
    else box.current?.focus();
  };
  useEffect(() => {
    if (!isBusy && waiting.length > 0) void send(draft.takeWaiting());
  });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void say();
  };
  const onKey = (event: KeyboardEvent) => {
    const earlier = recalled(event.key, text, asked);
    if (earlier !== undefined) {
      event.preventDefault();
      draft.text.set(earlier);
    }
    if (!isSend(event.nativeEvent, isTouch())) return;
    event.preventDefault();
    void say();
  };
  const paste = (event: ClipboardEvent) => {
    const { files } = event.clipboardData;
    // Office programs also put a picture of copied text on the clipboard: prefer the text.
    if (files.length === 0 || event.clipboardData.types.includes('text/plain')) return;
    event.preventDefault();
    draft.uploads.add(files);
  };

  return (
    <section className="composer" aria-label={t('box')}>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {waiting.length > 0 && (
        <div className="waiting-messages" role="group" aria-label={t('box.sentAfter')}>
          <ol>
            {waiting.map((message, at) => (
              <li key={at} dir="auto">
                {message}
              </li>
            ))}
          </ol>
          <span className="muted">{t('box.sentAfter')}</span>
          <button type="button" className="button button-quiet button-small" onClick={() => draft.giveBack()}>
            {t('box.takeBack')}
          </button>
        </div>
      )}
      <form onSubmit={submit}>
        <AttachmentTray draft={draft} />
        <FileButton className="icon-button" label={t('box.attach')} onFiles={(files) => draft.uploads.add(files)}>
          <Icon name="attach" />
        </FileButton>
        <button
          type="button"
          className="icon-button"
          aria-label={t('box.askBase')}
          title={t('box.askBase')}
          onClick={() => setPicking(true)}
        >
          <Icon name="books" />
        </button>
        <label className="visually-hidden" htmlFor="composer">
          {t('box.message')}
        </label>
        <textarea
          id="composer"
          ref={box}
          rows={1}
          dir="auto"
          enterKeyHint={isTouch() ? 'enter' : 'send'}
          placeholder={t('box.ask')}
          value={text}
          onChange={(event) => draft.text.set(event.target.value)}
          onKeyDown={onKey}
          onPaste={paste}
        />
        {writing ? (
          <button type="button" className="button" onClick={onStop}>
            {t('box.stop')}
          </button>
        ) : (
          <button className="button" disabled={isBusy || !text.trim()}>
            {isBusy ? t('box.sending') : t('box.send')}
          </button>
        )}
      </form>
      {picking && (
        <BasePicker
          onChoose={(base) => {
            draft.choose(base);
            setPicking(false);
          }}
          onClose={() => setPicking(false)}
        />
      )}
    </section>
  );
}
