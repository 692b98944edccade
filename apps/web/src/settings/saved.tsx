import { useEffect } from 'react';
import { t } from '../messages';
import { Store, useStore } from '../state/store';
import { ts } from './messages';

interface Saved {
  name: string;
  undo: () => void;
}

const SAVED = new Store<Saved | undefined>(undefined);
/** How long the last change can be undone, in milliseconds. */
const UNDO_MS = 10_000;

/** Says what was changed, and offers to undo it. */
export function showSaved(name: string, undo: () => void): void {
  SAVED.set({ name, undo });
}

/** The last change. It is within the window, because nothing outside of that can be pressed; the focus stays where it is. */
export function SavedLine() {
  const saved = useStore(SAVED);
  useEffect(() => {
    if (!saved) return;
    const timer = setTimeout(() => SAVED.set(undefined), UNDO_MS);
    return () => clearTimeout(timer);
  }, [saved]);
  useEffect(() => () => SAVED.set(undefined), []);
  const undo = () => {
    SAVED.set(undefined);
    saved?.undo();
  };
  return (
    <div className="settings-saved" role="status">
      {saved && (
        <>
          <span>{ts('saved', { name: saved.name })}</span>
          <button type="button" className="button button-quiet button-small" onClick={undo}>
            {t('action.undo')}
          </button>
        </>
      )}
    </div>
  );
}
