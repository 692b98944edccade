/** How large an installation has to be, from measured costs and a usage profile. */
export { costsSchema, PROCESSES, type ByProcess, type Costs, type Process } from './costs';
export { cpuSeconds, NO_WORK, type Work } from './work';
