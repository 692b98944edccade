import './artifacts.css';
import type { Message } from '@perennial/contracts-wire';
import { CodeChunks, CopyButton, download, MarkdownPartsContext } from '@perennial/web-ui/markdown';
import { useCallback, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { t } from '../messages';
import { numberText } from '../messages/formats';
import { markdownWords } from '../messages/markdown-words';
import { useCloseRequest } from '../ui/close-request';
import { Icon } from '../ui/icon';
import type { Artifact } from './artifact';
import { ta } from './messages';
import { Preview } from './preview';
import { useWide } from './use-wide';
import { type TextOf, versionsOf } from './versions';

const FILES = { html: ['page.html', 'text/html'], svg: ['picture.svg', 'image/svg+xml'] } as const;

interface PanelProps {
  artifact: Artifact;
  thread: readonly Message[];
  textOf: TextOf;
  onShow: (artifact: Artifact) => void;
  onClose: () => void;
}

/** An artifact beside the chat, or above it where there is no room: its preview or its source, and its versions. */
export default function Panel({ artifact, thread, textOf, onShow, onClose }: PanelProps) {
  const isWide = useWide();
  const panel = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const [showsSource, setShowsSource] = useState(false);
  const { versions, place } = useMemo(() => versionsOf(thread, artifact, textOf), [thread, artifact, textOf]);
  const latest = useRef(onClose);
  useLayoutEffect(() => {
    latest.current = onClose;
  });
  const close = useCallback(() => latest.current(), []);
  useFocusBack();
  useLayoutEffect(() => {
    const shown = panel.current;
    if (isWide) shown?.show();
    else shown?.showModal();
    return () => shown?.close();
  }, [isWide]);
  // Above the page the browser does it.
  useCloseRequest(isWide, close);
  const [parts] = useState(() => ({ citation: (_: readonly number[], text: string) => text, words: markdownWords() }));
  const { language, source } = artifact;
  const step = (by: 1 | -1) => {
    const to = versions[place + by];
    if (to) onShow(to);
  };
  const [name, type] = FILES[language];
  return (
    <dialog
      ref={panel}
      className="beside"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // A browser closes it at a second Escape, whatever the page says.
      onClose={() => !panel.current?.open && onClose()}
      onClick={(event) => !isWide && event.target === panel.current && onClose()}
    >
      <MarkdownPartsContext value={parts}>
        <header className="beside-head">
          <h2 id={titleId}>{ta(`artifact.${language}`)}</h2>
          <button type="button" className="icon-button" aria-label={t('action.close')} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        <div className="beside-tools">
          <div role="group" aria-label={ta('artifact.show')} className="beside-views">
            <button type="button" aria-pressed={!showsSource} onClick={() => setShowsSource(false)}>
              {ta('artifact.preview')}
            </button>
            <button type="button" aria-pressed={showsSource} onClick={() => setShowsSource(true)}>
              {ta('artifact.source')}
            </button>
          </div>
          {versions.length > 1 && (
            <div
              role="group"
              className="versions"
              aria-label={ta('artifact.version', { place: place + 1, all: versions.length })}
            >
              <button
                type="button"
                className="action"
                aria-label={ta('artifact.previous')}
                aria-disabled={place === 0}
                onClick={() => step(-1)}
              >
                <Icon name="previous" />
              </button>
              <span aria-hidden="true">
                {numberText(place + 1)}/{numberText(versions.length)}
              </span>
              <button
                type="button"
                className="action"
                aria-label={ta('artifact.next')}
                aria-disabled={place + 1 === versions.length}
                onClick={() => step(1)}
              >
                <Icon name="next" />
              </button>
            </div>
          )}
          <CopyButton className="beside-tool" what={() => ({ text: source })} />
          <button type="button" className="beside-tool" onClick={() => download(source, name, type)}>
            {ta('artifact.save')}
          </button>
        </div>
        {showsSource ? (
          <pre className="beside-source" tabIndex={0} dir="ltr">
            <code>
              <CodeChunks key={source} text={source} language={language} isFinal />
            </code>
          </pre>
        ) : (
          <Preview key={source} artifact={artifact} onLeave={close} />
        )}
      </MarkdownPartsContext>
    </dialog>
  );
}

/** Gives the focus back to what had it before, wherever the focus is when the panel goes. */
function useFocusBack(): void {
  const [opener] = useState(() => document.activeElement);
  useLayoutEffect(
    () => () => {
      // After the panel is gone: until then it has the focus.
      queueMicrotask(() => {
        if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
      });
    },
    [opener],
  );
}

export { textsLoaded } from './messages';
