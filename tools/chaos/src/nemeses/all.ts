import { LINK_NEMESES } from './links';
import { MACHINE_NEMESES } from './machine';
import { NAME_NEMESES } from './names';
import type { Nemesis } from './nemesis';
import { PROCESS_NEMESES } from './processes';
import { ofOneOfSeveral } from './ready';
import { FAILOVER_NEMESES, STORE_NEMESES } from './stores';

export const NEMESES: readonly Nemesis[] = [
  ...ofOneOfSeveral([...PROCESS_NEMESES, ...LINK_NEMESES, ...NAME_NEMESES, ...MACHINE_NEMESES]),
  ...STORE_NEMESES,
  ...FAILOVER_NEMESES,
];
