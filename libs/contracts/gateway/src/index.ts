export * from './completion-bodies';
export * from './cursor';
export * from './declared-routes';
export * from './errors';
export * from './fleet';
export * from './route';
export * as routes from './routes';
export * from './settings-version';
export * from './sockets';
export {
  ANSWER_CODES,
  type AnswerCode,
  PROBLEM_CODES,
  type ProblemCode,
  splitThoughts,
  ThoughtSplitter,
} from '@perennial/contracts-kernel';
