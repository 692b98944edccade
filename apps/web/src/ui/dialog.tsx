import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { t } from '../messages';
import { Icon } from './icon';

interface DialogProps {
  title: string;
  className?: string;
  /** Without it the window stays until what it asks for is done. */
  onClose?: () => void;
  children: ReactNode;
}

/** A modal window: the browser keeps the focus in it and returns it afterwards; Escape and a click outside close it. */
export function Dialog({ title, className = '', onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      shown?.close();
      // Chromium gives the focus back to a field before one can write in it again.
      const back = document.activeElement;
      if (!(back instanceof HTMLTextAreaElement || back instanceof HTMLInputElement)) return;
      back.blur();
      back.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      // A browser closes it at a second Escape, whatever the page says.
      onClose={() => !onClose && !dialog.current?.open && dialog.current?.showModal()}
      onClick={(event) => event.target === dialog.current && onClose?.()}
    >
      <div className="dialog-body">
        <header>
          <h2 id={titleId} dir="auto">
            {title}
          </h2>
          {onClose && (
            <button type="button" className="icon-button" aria-label={t('action.close')} onClick={onClose}>
              <Icon name="close" />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}
