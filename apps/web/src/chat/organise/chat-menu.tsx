import { Icon } from '../../ui/icon';
import { Menu } from '../../ui/menu';
import type { Here, MarkedChat } from './chat-items';
import type { Deeds } from './use-chat-deeds';

interface ChatMenuProps {
  name: string;
  className: string;
  chat: MarkedChat;
  deeds: Deeds;
  here: Here;
}

/** A button with what can be done with a chat. */
export function ChatMenu({ name, className, chat, deeds, here }: ChatMenuProps) {
  const items = async () =>
    (await deeds.items(chat, here)).map(({ icon, run, ...item }) => ({
      ...item,
      icon: <Icon name={icon} />,
      onChoose: run,
    }));
  return (
    <Menu name={name} className={className} items={items}>
      <Icon name="more" />
    </Menu>
  );
}
