import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { presentUser, SESSION_KEY } from '../auth/use-session';
import { Delivery } from './delivery';
import { useLive } from './live';

/** How this page's messages reach the server. */
export function useDelivery(): Delivery {
  const client = useQueryClient();
  const { connected } = useLive();
  const [delivery] = useState(() => {
    const person = presentUser(client)?.id;
    return new Delivery({
      now: Date.now,
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      onLine: (run) => {
        addEventListener('online', run);
        const end = connected.subscribe(() => connected.get() && run());
        return () => {
          removeEventListener('online', run);
          end();
        };
      },
      onSession: (run) => {
        const end = client.getQueryCache().subscribe((event) => {
          const isRead = event.type === 'updated' && event.action.type === 'success';
          const user = isRead && event.query.queryKey[0] === SESSION_KEY[0] ? presentUser(client) : undefined;
          if (user) run(user.id === person);
        });
        void client.invalidateQueries({ queryKey: SESSION_KEY });
        return end;
      },
    });
  });
  return delivery;
}
