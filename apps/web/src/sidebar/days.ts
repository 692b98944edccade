import type { ChatListItem } from '@perennial/contracts-wire';
import { t } from '../messages';
import { dateText } from '../messages/formats';

export interface Day {
  name: string;
  chats: readonly ChatListItem[];
}

const DAY_MS = 86_400_000;

/**
 * Chats under the day on which something last happened in them: today, yesterday, the week, the month before, then calendar months.
 *
 * @param chats the newest first
 */
export function byDay(chats: readonly ChatListItem[], now: Date): Day[] {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const days = new Map<string, ChatListItem[]>();
  for (const chat of chats) {
    const name = dayName(new Date(chat.updated_at * 1_000), midnight);
    const day = days.get(name);
    if (day) day.push(chat);
    else days.set(name, [chat]);
  }
  return [...days].map(([name, chats]) => ({ name, chats }));
}

function dayName(at: Date, midnight: number): string {
  const time = at.getTime();
  if (time >= midnight) return t('chats.today');
  if (time >= midnight - DAY_MS) return t('chats.yesterday');
  if (time >= midnight - 7 * DAY_MS) return t('chats.week');
  if (time >= midnight - 30 * DAY_MS) return t('chats.month');
  return dateText(at, { month: 'long', year: 'numeric' });
}
