export { parseModel, type Behaviour, type Fault } from './behaviour';
export { DEFAULT_MODELS, startSimulator, type Simulator, type SimulatorOptions, type SimulatorStats } from './server';
export type { Counters, PromptStats } from './stats';
export { expectedText, promptDigest, seedOf, stamp, STAMP_LENGTH, stampAge, TOKEN_LENGTH, tokenAt } from './text';
