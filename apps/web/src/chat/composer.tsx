import type { PickerModel } from '@perennial/contracts-wire';
import {
  type ClipboardEvent,
  type ComponentType,
  type FormEvent,
  type KeyboardEvent,
  lazy,
  Suspense,
  useEffect,
  useRef,
  useState,
} from 'react';
import { t } from '../messages';
import { usePreferences } from '../preferences/preferences';
import { useStore } from '../state/store';
import { HAS_BOX } from '../state/window';
import { Icon } from '../ui/icon';
import { PartBoundary } from '../ui/part-boundary';
import { Problem } from '../ui/problem';
import { withTexts } from '../ui/with-texts';
import { AddMenu } from './add-menu';
import { AttachmentTray } from './attachment-tray';
import type { CaretListProps } from './caret/caret-list';
import { isSend, isTouch, recalled } from './composer-keys';
import type { ContextFill } from './context-fill';
import { ContextMeter, ContextWarning } from './context-meter';
import type { Delivery } from './delivery';
import { DeliveryNote } from './delivery-note';
import type { Draft, Parameters } from './draft';
import type { ChatItem } from './organise/chat-items';
import { WaitingMessages } from './waiting-messages';

const BasePicker = lazy(async () => ({ default: (await import('./base-picker')).BasePicker }));

// The box is whole without it.
const CaretList = lazy<ComponentType<CaretListProps>>(() =>
  withTexts(import('./caret/caret-list')).catch(() => ({ default: () => null })),
);

const ParametersDialog = lazy(() => withTexts(import('./parameters-dialog')));

/** One of them may ask for a list at the caret. */
const SIGNS = /[/@#]/;

/** A pasted text of more characters becomes a file. */
const LONG_TEXT = 8_000;

interface ComposerProps {
  draft: Draft;
  /** An answer is being written: it can be stopped. */
  writing: boolean;
  /** The next message cannot be sent yet. */
  busy: boolean;
  /** The reader's questions in this chat, the last one first. */
  asked: readonly string[];
  problem?: string;
  /** How full the context is, if that is known. */
  context?: ContextFill;
  delivery: Delivery;
  /** Those of the chat. */
  parameters: Parameters;
  onParameters: (parameters: Parameters) => void;
  /** Resolves when the server has the message. */
  onSend: (text: string) => Promise<unknown>;
  onStop: () => void;
  /** What `/` and `@` offer besides. */
  offered: {
    models: readonly PickerModel[] | undefined;
    /** Ids of models that were chosen before, the last first. */
    recent: readonly string[];
    onModel: (id: string) => void;
    chooseModel: () => void;
    outline?: () => void;
    /** Those of the chat's menu. */
    ofChat: () => Promise<readonly ChatItem[]>;
  };
}

/**
 * The message box: Enter sends, Shift+Enter breaks the line, on a phone Enter does; while an answer is written its button stops it. Files are
 * attached by button, by pasting, or by dropping them onto the chat; a message does not wait for them. What is in it survives a reload. A message
 * that is sent too early waits until the answer has ended.
 */
export function Composer(props: ComposerProps) {
  const { draft, writing, busy, asked, problem, context, delivery, parameters, onParameters, onSend, onStop, offered } =
    props;
  const text = useStore(draft.text);
  const waiting = useStore(draft.waiting);
  const [sending, setSending] = useState(false);
  const [dialog, setDialog] = useState<'base' | 'parameters'>();
  const pictures = useStore(draft.pictures);
  const tooMuch = useStore(draft.problem);
  const { ctrlEnterToSend = false, largeTextAsFile = true } = usePreferences();
  const box = useRef<HTMLTextAreaElement>(null);
  const files = useRef<HTMLInputElement>(null);
  // On a phone the keyboard would cover what the reader came for. What lies above the page keeps the focus.
  useEffect(() => {
    if (!isTouch() && !document.activeElement?.closest('dialog, [popover]')) box.current?.focus();
  }, [draft]);

  useEffect(() => {
    HAS_BOX.set(true);
    return () => HAS_BOX.set(false);
  }, []);

  const close = () => setDialog(undefined);
  const isBusy = sending || busy;
  const isEmpty = text.trim() === '' && pictures.length === 0;
  const send = async (message: string) => {
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
    if (isEmpty) return;
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
    if (!isSend(event.nativeEvent, { onScreen: isTouch(), control: ctrlEnterToSend })) return;
    event.preventDefault();
    void say();
  };
  const paste = (event: ClipboardEvent) => {
    const { files } = event.clipboardData;
    const pasted = event.clipboardData.getData('text/plain');
    if (largeTextAsFile && pasted.length > LONG_TEXT) {
      event.preventDefault();
      draft.uploads.add([new File([pasted], t('box.pastedName'), { type: 'text/plain' })], { pasted: true });
      return;
    }
    // Office programs also put a picture of copied text on the clipboard: prefer the text.
    if (files.length === 0 || pasted !== '') return;
    event.preventDefault();
    draft.add(files);
  };

  return (
    <>
      <section className="composer" aria-label={t('box')}>
        <Problem of={problem ?? tooMuch} />
        <DeliveryNote delivery={delivery} />
        <WaitingMessages draft={draft} onNow={writing ? onStop : undefined} />
        {context && <ContextWarning fill={context} />}
        <form onSubmit={submit}>
          <AttachmentTray draft={draft} />
          <AddMenu
            files={files}
            onFiles={(files) => draft.add(files)}
            onBase={() => setDialog('base')}
            onParameters={() => setDialog('parameters')}
          />
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
          {context && <ContextMeter fill={context} />}
          {writing ? (
            <button type="button" className="button send" aria-label={t('box.stop')} onClick={onStop}>
              <Icon name="stop" />
            </button>
          ) : (
            <button
              className="button send"
              aria-label={isBusy ? t('box.sending') : t('box.send')}
              disabled={isBusy || isEmpty}
            >
              <Icon name="up" />
            </button>
          )}
        </form>
      </section>
      <PartBoundary of={dialog} onClose={close}>
        <Suspense>
          {dialog === 'base' && (
            <BasePicker
              onChoose={(base) => {
                draft.choose(base);
                close();
              }}
              onClose={close}
            />
          )}
          {dialog === 'parameters' && <ParametersDialog value={parameters} onChange={onParameters} onClose={close} />}
        </Suspense>
      </PartBoundary>
      <Suspense>
        {SIGNS.test(text) && (
          <CaretList
            {...{ box, draft, ...offered, models: offered.models ?? [] }}
            commands={{
              ...{ chooseModel: offered.chooseModel, outline: offered.outline, ofChat: offered.ofChat },
              chooseFiles: () => files.current?.click(),
              chooseBase: () => setDialog('base'),
              setParameters: () => setDialog('parameters'),
              stop: writing ? onStop : undefined,
            }}
          />
        )}
      </Suspense>
    </>
  );
}
