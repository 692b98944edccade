/** How large an installation has to be, from measured costs and a usage profile. */
export { costsSchema, PROCESSES, readCosts, type ByProcess, type Costs, type Process } from './costs';
export { plan, TARGET_UTILISATION, type Plan, type Service } from './plan';
export { USUAL } from './profile';
export { cpuSeconds, NO_WORK, type Work } from './work';
