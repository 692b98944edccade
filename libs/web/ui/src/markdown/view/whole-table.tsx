import { type ReactNode, useContext, useLayoutEffect, useRef } from 'react';
import { NOT_COPIED } from '../copy/rich-text';
import { MarkdownPartsContext } from './parts';

/** A table above the page, as wide as the window; its head stays in view. Escape closes it, and so does "back" of a phone. */
export function WholeTable({ onClose, children }: { onClose: () => void; children: ReactNode }): ReactNode {
  const { words } = useContext(MarkdownPartsContext);
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog ref={dialog} className="dialog whole-table" aria-label={words.table} onClose={onClose} {...NOT_COPIED}>
      <button type="button" className="button button-quiet button-small" onClick={onClose}>
        {words.close}
      </button>
      <div className="whole-table-view" tabIndex={0} role="group" aria-label={words.table}>
        {children}
      </div>
    </dialog>
  );
}
