import type { KnowledgeDirectory } from '@perennial/contracts-wire';
import { Link } from 'react-router';
import { folderAddress } from './folder-row';
import { tk } from './messages';

/** The way to the shown directory; the last one is where one is. */
export function FolderPath({ way }: { way: readonly KnowledgeDirectory[] }) {
  if (way.length === 0) return null;
  return (
    <nav className="row" aria-label={tk('knowledge.folderPath')}>
      <Link to={folderAddress(null)}>{tk('knowledge.topLevel')}</Link>
      {way.map(({ id, name }, n) => (
        <span key={id} className="row">
          <span aria-hidden="true">/</span>
          {n === way.length - 1 ? (
            <span aria-current="page" dir="auto">
              {name}
            </span>
          ) : (
            <Link to={folderAddress(id)} dir="auto">
              {name}
            </Link>
          )}
        </span>
      ))}
    </nav>
  );
}
