import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { t } from '../../messages';
import { usePreferences } from '../../preferences/preferences';
import { Problem } from '../../ui/problem';
import { isSend, isTouch } from '../composer-keys';
import { useDrafts } from '../drafts';
import { useMessageActions } from './actions';

interface EditorProps {
  messageId: string;
  text: string;
  /** Of the field. */
  name: string;
  /** Of the button that ends it. */
  done: string;
  /** What comes of it. */
  hint: string;
  onDone: (text: string) => Promise<unknown>;
  onClose: () => void;
}

/** Changes the text of a message in its place. What is typed survives a reload and a failure, until it is sent or given up. */
export function MessageEditor({ messageId, text, name, done, hint, onDone, onClose }: EditorProps) {
  const { edits } = useDrafts();
  const { ctrlEnterToSend } = usePreferences();
  const [own, setOwn] = useState(() => edits.read(messageId) ?? text);
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const actions = useMessageActions();
  // Another page may make another branch the current one.
  useEffect(() => actions.stay(), [actions]);
  useEffect(() => {
    const field = box.current;
    field?.focus();
    field?.setSelectionRange(field.value.length, field.value.length);
  }, []);

  const close = () => {
    edits.forget(messageId);
    onClose();
  };
  const finish = async () => {
    const wanted = own.trim();
    if (busy || wanted === '') return;
    setBusy(true);
    setProblem(undefined);
    try {
      await onDone(wanted);
      close();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : t('error.failed'));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void finish();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.nativeEvent.isComposing) {
      event.stopPropagation();
      close();
    } else if (isSend(event.nativeEvent, { onScreen: isTouch(), control: ctrlEnterToSend === true })) {
      event.preventDefault();
      void finish();
    }
  };
  return (
    <form className="message-editor" onSubmit={submit}>
      <textarea
        ref={box}
        aria-label={name}
        dir="auto"
        rows={2}
        value={own}
        onChange={({ target }) => {
          setOwn(target.value);
          edits.keep(messageId, target.value);
        }}
        onKeyDown={onKey}
      />
      <Problem of={problem} />
      <p className="row">
        <span className="muted grow">{hint}</span>
        <button type="button" className="button button-quiet button-small" onClick={close}>
          {t('action.cancel')}
        </button>
        <button className="button button-small" disabled={busy || own.trim() === ''}>
          {done}
        </button>
      </p>
    </form>
  );
}
