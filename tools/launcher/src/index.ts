export { Balancer, type BalancerTarget } from './balancer';
export { ROOT, SERVICES, type ServiceName } from './paths';
export type { Scale } from './options';
export { type RunEntry } from './state';
export { launchSystem, RunningSystem } from './system';
export type { LaunchEvent, LaunchOptions } from './launch';
