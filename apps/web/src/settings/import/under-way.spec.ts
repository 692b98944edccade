import { QueryClient } from '@tanstack/react-query';
import { beforeEach, expect, it, vi } from 'vitest';
import { leaveSession } from '../../auth/use-session';
import { ChatImport, entriesIn } from './chat-import';
import { IMPORT } from './under-way';

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  });
  return () => vi.unstubAllGlobals();
});

it('an import ends with its account', async () => {
  const entry = { chat: { history: { messages: { q: { id: 'q', role: 'user', content: 'Hi' } } } } };
  const sent: string[] = [];
  let answer = () => {};
  const answered = new Promise<void>((done) => (answer = done));
  const chats = new ChatImport(entriesIn('x.json', JSON.stringify([entry, entry, entry])), (_, key) => {
    sent.push(key);
    return answered;
  });
  IMPORT.set({ userId: 'u', chats });
  const running = chats.run();
  await leaveSession(new QueryClient());
  answer();
  await running;
  expect(IMPORT.get()).toBeUndefined();
  expect(sent).toHaveLength(1);
});
