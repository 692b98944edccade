import { Dialog } from '../ui/dialog';
import { keyNames, SHORTCUTS } from '../ui/shortcuts';

/** What keys do. */
export default function ShortcutList({ onClose }: { onClose: () => void }) {
  const own = [
    { keys: 'Enter', name: 'Send the message' },
    { keys: 'Shift+Enter', name: 'Begin a line' },
    { keys: 'F2', name: 'Rename the chat that has the focus in the list' },
    { keys: 'Delete', name: 'Delete the chat that has the focus in the list' },
  ];
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className="shortcuts">
        {[...Object.values(SHORTCUTS), ...own].map(({ keys, name }) => (
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
