import { call, routes } from '@perennial/web-client';
import { useQuery } from '@tanstack/react-query';
import { HOUSE } from '../messages/page-title';

export const CONFIG_KEY = ['config'];

/** What the installation says of itself. Without a session it says less. */
export function useConfig() {
  return useQuery({ queryKey: CONFIG_KEY, queryFn: read, staleTime: 60_000 });
}

async function read() {
  const config = await call(routes.configs.get, {});
  HOUSE.set(config.name);
  return config;
}
