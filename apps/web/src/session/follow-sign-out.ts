import type { QueryClient } from '@tanstack/react-query';
import { leaveSession } from '../auth/use-session';

/** Tells the other tabs of this browser that a person has signed out by hand. */
export const CHANNEL = 'signed-out';

/** A sign-out in another tab is one here: nothing of the account stays to be read. */
export function followSignOut(client: QueryClient): void {
  new BroadcastChannel(CHANNEL).addEventListener('message', () => void leaveSession(client));
}
