import type { Message } from '@perennial/contracts-wire';
import { Icon } from '../../ui/icon';
import type { MenuItem } from '../../ui/menu';
import { textsLoaded, to } from '../organise/messages';
import type { MessageActions } from './actions';

/** What can be done with a question as with an answer; the words have come by then. */
export async function messageItems(message: Message, actions: MessageActions): Promise<MenuItem[]> {
  await textsLoaded;
  return [
    { name: to('chat.fork'), icon: <Icon name="fork" />, onChoose: () => actions.fork(message) },
    {
      name: to('message.delete'),
      icon: <Icon name="trash" />,
      danger: true,
      onChoose: () => actions.remove(message, 'alone'),
    },
    {
      name: to('message.deleteBranch'),
      icon: <Icon name="trash" />,
      danger: true,
      onChoose: () => actions.remove(message, 'branch'),
    },
  ];
}
