import { t } from '../messages';
import { ShortcutTable } from '../settings/shortcut-table';
import { Dialog } from '../ui/dialog';

/** What keys do, above the page. */
export default function ShortcutList({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t('shortcuts')} onClose={onClose}>
      <ShortcutTable />
    </Dialog>
  );
}
