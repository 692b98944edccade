import { t } from '../messages';
import { usePreferences } from '../preferences/preferences';
import { boxKeys, keyNames, shortcuts } from '../ui/shortcuts';

/** What keys do. */
export function ShortcutTable() {
  const { send, line } = boxKeys(usePreferences().ctrlEnterToSend === true);
  const own = [
    { keys: send, name: t('shortcut.send') },
    { keys: line, name: t('shortcut.line') },
    { keys: 'F2', name: t('shortcut.rename') },
    { keys: 'Delete', name: t('shortcut.delete') },
    { keys: 'P', name: t('shortcut.pin') },
    { keys: 'E', name: t('shortcut.archive') },
  ];
  return (
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
  );
}
