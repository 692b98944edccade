import { useDeferredValue, useState } from 'react';
import { Link } from 'react-router';
import { counted } from '../files/file-words';
import { useBases } from '../knowledge/knowledge-queries';
import { Dialog } from '../ui/dialog';
import type { ChosenBase } from './draft';

/** Chooses a knowledge base for the message. */
export function BasePicker({ onChoose, onClose }: { onChoose: (base: ChosenBase) => void; onClose: () => void }) {
  const [text, setText] = useState('');
  const query = useDeferredValue(text.trim());
  const bases = useBases(query);
  const items = bases.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Dialog title="Ask a knowledge base" onClose={onClose}>
      <label className="field">
        <span className="visually-hidden">Search knowledge bases</span>
        <input
          type="search"
          placeholder="Search knowledge bases"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      {bases.isPending && <p role="status">Loading…</p>}
      {bases.error && !bases.data && (
        <p className="problem" role="alert">
          {bases.error.message}
        </p>
      )}
      {bases.data && items.length === 0 && (
        <p className="muted">
          {query ? `Nothing matches “${query}”.` : 'There is no knowledge base yet. '}
          {!query && <Link to="/knowledge">Make one</Link>}
        </p>
      )}
      <ul className="choices">
        {items.map(({ id, name, description, file_count: files }) => (
          <li key={id}>
            <button type="button" onClick={() => onChoose({ id, name })}>
              <strong>{name}</strong>
              <span className="muted">
                {counted(files, 'file')}
                {description && ` · ${description}`}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {bases.hasNextPage && (
        <button type="button" className="button button-quiet" onClick={() => void bases.fetchNextPage()}>
          More
        </button>
      )}
    </Dialog>
  );
}
