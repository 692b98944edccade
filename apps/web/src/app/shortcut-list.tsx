import { t } from '../messages';
import { Dialog } from '../ui/dialog';
import { keyNames, shortcuts } from '../ui/shortcuts';

/** What keys do. */
export default function ShortcutList({ onClose }: { onClose: () => void }) {
  const own = [
    { keys: 'Enter', name: t('shortcut.send') },
    { keys: 'Shift+Enter', name: t('shortcut.line') },
    { keys: 'F2', name: t('shortcut.rename') },
    { keys: 'Delete', name: t('shortcut.delete') },
  ];
  return (
    <Dialog title={t('shortcuts')} onClose={onClose}>
      <dl className="shortcuts">
        {[...shortcuts(), ...own].map(({ keys, name }) => (
          <div key={keys}>
            <dt>{name}</dt>
            <dd>
              {keyNames(keys).map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
