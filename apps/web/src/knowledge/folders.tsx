import type { KnowledgeDirectory, KnowledgeFile } from '@perennial/contracts-wire';
import { useState } from 'react';
import { t } from '../messages';
import type { MenuItem } from '../ui/menu';
import { DeleteFolder, FolderName } from './folder-dialogs';
import { useChangeFolder, useMakeFolder, useMoveFile, useRemoveFolder } from './knowledge-queries';
import { tk } from './messages';
import { MoveDialog } from './move-dialog';

type Asked =
  | { kind: 'make' }
  | { kind: 'rename' | 'move' | 'delete'; folder: KnowledgeDirectory }
  | { kind: 'moveFile'; file: KnowledgeFile };

/** What can be done with the directories and files at one place of a base, and the window that asks for the rest. */
export function useFolderActions(baseId: string, directoryId: string | null, onChanged: () => void) {
  const [asked, setAsked] = useState<Asked>();
  const make = useMakeFolder(baseId);
  const change = useChangeFolder(baseId);
  const remove = useRemoveFolder(baseId);
  const moveFile = useMoveFile(baseId);

  const close = () => {
    for (const each of [make, change, remove, moveFile]) each.reset();
    setAsked(undefined);
  };
  const done = {
    onSuccess: () => {
      close();
      onChanged();
    },
  };

  const dialog = (): React.ReactNode => {
    switch (asked?.kind) {
      case undefined:
        return null;
      case 'make':
        return (
          <FolderName
            title={tk('knowledge.newFolder')}
            busy={make.isPending}
            problem={make.error?.message}
            onSave={(name) => make.mutate({ name, parent_id: directoryId }, done)}
            onClose={close}
          />
        );
      case 'rename':
        return (
          <FolderName
            title={tk('knowledge.renameFolder')}
            initial={asked.folder.name}
            busy={change.isPending}
            problem={change.error?.message}
            onSave={(name) => change.mutate({ id: asked.folder.id, name }, done)}
            onClose={close}
          />
        );
      case 'delete':
        return (
          <DeleteFolder
            folder={asked.folder}
            busy={remove.isPending}
            problem={remove.error?.message}
            onDelete={(keepFiles) => remove.mutate({ id: asked.folder.id, keepFiles }, done)}
            onClose={close}
          />
        );
      case 'move':
        return (
          <MoveDialog
            name={asked.folder.name}
            from={{ baseId, directoryId: asked.folder.parent_id }}
            moving={asked.folder.id}
            busy={change.isPending}
            problem={change.error?.message}
            onMove={(to) => change.mutate({ id: asked.folder.id, parent_id: to.directoryId }, done)}
            onClose={close}
          />
        );
      case 'moveFile':
        return (
          <MoveDialog
            name={asked.file.filename}
            from={{ baseId, directoryId: asked.file.directory_id }}
            busy={moveFile.isPending}
            problem={moveFile.error?.message}
            onMove={(to) => moveFile.mutate({ fileId: asked.file.id, ...to }, done)}
            onClose={close}
          />
        );
    }
  };

  return {
    dialog: dialog(),
    make: () => setAsked({ kind: 'make' }),
    ofFolder: (folder: KnowledgeDirectory): MenuItem[] => [
      { name: t('action.rename'), onChoose: () => setAsked({ kind: 'rename', folder }) },
      { name: tk('knowledge.move'), onChoose: () => setAsked({ kind: 'move', folder }) },
      { name: t('action.delete'), danger: true, onChoose: () => setAsked({ kind: 'delete', folder }) },
    ],
    ofFile: (file: KnowledgeFile): MenuItem[] => [
      { name: tk('knowledge.move'), onChoose: () => setAsked({ kind: 'moveFile', file }) },
    ],
  };
}
