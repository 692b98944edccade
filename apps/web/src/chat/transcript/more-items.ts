import type { Message } from '@perennial/contracts-wire';
import { t } from '../../messages';
import type { MenuItem } from '../../ui/menu';
import { showToast } from '../../ui/toasts';
import type { MessageActions } from './actions';

/** What can be done with a question as with an answer. It comes when a menu is first opened; without it the menu has the rest. */
export async function moreItems(message: Message, actions: MessageActions): Promise<MenuItem[]> {
  try {
    const { messageItems } = await import('./message-items');
    return await messageItems(message, actions);
  } catch {
    showToast({ key: 'more items', text: t('error.failed') });
    return [];
  }
}
