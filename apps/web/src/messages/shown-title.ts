import { t } from './index';

/** What the server calls a chat until it has a title of its own. */
const UNTITLED = 'New Chat';

/** The title of a chat as it is shown: that of one without a title is in the reader's language. */
export function shownTitle(title: string): string {
  return title === UNTITLED ? t('chat.new') : title;
}
