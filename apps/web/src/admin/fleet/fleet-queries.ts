import { call, routes } from '@perennial/web-client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { FleetReply } from './fleet-health';
import { type Loads, remember } from './loads';

const KEY = ['admin', 'fleet'];
/** Processes report each second, and a gateway reads them twice a second at most. */
const LOOK_MS = 750;
/** An older picture says so. */
const STALE_MS = 4_000;

interface Picture {
  fleet: FleetReply;
  loads: Loads;
}

/** The fleet as it is, again and again while the page is in view. */
export function useFleet() {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: KEY,
    queryFn: async (): Promise<Picture> => {
      const fleet = await call(routes.fleet.list, {});
      return { fleet, loads: remember(client.getQueryData<Picture>(KEY)?.loads, fleet.processes) };
    },
    refetchInterval: LOOK_MS,
    retry: false,
    structuralSharing: false,
  });
  const now = useNow();
  const age = now - query.dataUpdatedAt;
  return { ...query, staleForMs: query.data && age > STALE_MS ? age : undefined };
}

/** The time, again each second. */
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
