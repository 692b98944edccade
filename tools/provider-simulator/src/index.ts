export { parseModel, type Behaviour, type Fault } from './behaviour';
export { embeddingFrom, parseEmbeddingModel, POISON, type EmbeddingBehaviour } from './embedding';
export { HABIT_TEXT, HABITS } from './habits';
export {
  DEFAULT_MODELS,
  startSimulator,
  type FaultTarget,
  type Simulator,
  type SimulatorOptions,
  type SimulatorStats,
} from './server';
export type { Counters, MarkStats, PromptStats, TextStats } from './stats';
export { markdownAt } from './markdown';
export { expectedText, promptDigest, seedOf, stamp, STAMP_LENGTH, stampAge, TOKEN_LENGTH, tokenAt } from './text';
export { simulatedSpeech } from './transcription';
