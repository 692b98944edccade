import { LINK_NEMESES } from './links';
import { MACHINE_NEMESES } from './machine';
import { NAME_NEMESES } from './names';
import type { Nemesis } from './nemesis';
import { PROCESS_NEMESES } from './processes';
import { FAILOVER_NEMESES, STORE_NEMESES } from './stores';

export const NEMESES: readonly Nemesis[] = [
  ...PROCESS_NEMESES,
  ...STORE_NEMESES,
  ...FAILOVER_NEMESES,
  ...LINK_NEMESES,
  ...NAME_NEMESES,
  ...MACHINE_NEMESES,
];
