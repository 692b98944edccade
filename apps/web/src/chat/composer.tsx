import { type ClipboardEvent, type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { FileButton } from '../files/file-button';
import { Icon } from '../ui/icon';
import { AttachmentTray } from './attachment-tray';
import { BasePicker } from './base-picker';
import type { Draft } from './draft';

interface ComposerProps {
  draft: Draft;
  writing: boolean;
  problem?: string;
  /** Resolves when the server has the message; until then the text stays. */
  onSend: (text: string) => Promise<unknown>;
  onStop: () => void;
}

/**
 * The message box: Enter sends, Shift+Enter breaks the line; while an answer is written its button stops it. Files are attached by button, by
 * pasting, or by dropping them onto the chat; a message does not wait for them.
 */
export function Composer({ draft, writing, problem, onSend, onStop }: ComposerProps) {
  const [text, setText] = useState('');
  const [sending, setSending] = useState(false);
  const [picking, setPicking] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => box.current?.focus(), []);

  const send = async () => {
    const message = text.trim();
    if (!message || sending || writing) return;
    setSending(true);
    try {
      await onSend(message);
      setText('');
    } catch {
      // The problem is shown above the box and the text is still in it.
    } finally {
      setSending(false);
      box.current?.focus();
    }
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void send();
  };
  const sendOnEnter = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  const paste = (event: ClipboardEvent) => {
    const { files } = event.clipboardData;
    // Office programs also put a picture of copied text on the clipboard: prefer the text.
    if (files.length === 0 || event.clipboardData.types.includes('text/plain')) return;
    event.preventDefault();
    draft.uploads.add(files);
  };

  return (
    <section className="composer" aria-label="Write a message">
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <form onSubmit={submit}>
        <AttachmentTray draft={draft} />
        <FileButton className="icon-button" label="Attach files" onFiles={(files) => draft.uploads.add(files)}>
          <Icon name="attach" />
        </FileButton>
        <button
          type="button"
          className="icon-button"
          aria-label="Ask a knowledge base"
          title="Ask a knowledge base"
          onClick={() => setPicking(true)}
        >
          <Icon name="books" />
        </button>
        <label className="visually-hidden" htmlFor="composer">
          Message
        </label>
        <textarea
          id="composer"
          ref={box}
          rows={1}
          placeholder="Ask anything"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={sendOnEnter}
          onPaste={paste}
        />
        {writing ? (
          <button type="button" className="button" onClick={onStop}>
            Stop
          </button>
        ) : (
          <button className="button" disabled={sending || !text.trim()}>
            {sending ? 'Sending…' : 'Send'}
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
