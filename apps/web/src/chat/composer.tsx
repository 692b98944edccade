import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from 'react';

interface ComposerProps {
  writing: boolean;
  problem?: string;
  /** Resolves when the server has the message; until then the text stays. */
  onSend: (text: string) => Promise<unknown>;
  onStop: () => void;
}

/** The message box: Enter sends, Shift+Enter breaks the line; while an answer is written its button stops it. */
export function Composer({ writing, problem, onSend, onStop }: ComposerProps) {
  const [text, setText] = useState('');
  const [sending, setSending] = useState(false);
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

  return (
    <section className="composer" aria-label="Write a message">
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <form onSubmit={submit}>
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
    </section>
  );
}
