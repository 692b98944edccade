import type { KnowledgeDirectory } from '@perennial/contracts-wire';
import { Link } from 'react-router';
import { Icon } from '../ui/icon';
import { Menu, type MenuItem } from '../ui/menu';
import { tk } from './messages';

/** The address of a directory within the page of its base; null: the top level. */
export function folderAddress(directoryId: string | null): string {
  return directoryId === null ? '?' : `?folder=${directoryId}`;
}

/** A directory of a base, and what can be done with it. */
export function FolderRow({ folder, actions }: { folder: KnowledgeDirectory; actions: readonly MenuItem[] }) {
  return (
    <li className="document-row">
      <Icon name="archive" />
      <div className="document-text">
        <Link className="document-name" dir="auto" to={folderAddress(folder.id)}>
          {folder.name}
        </Link>
      </div>
      {actions.length > 0 && (
        <Menu name={tk('knowledge.moreNamed', { name: folder.name })} className="icon-button" items={actions}>
          <Icon name="more" />
        </Menu>
      )}
    </li>
  );
}
