export {
  fetchLocalModel,
  fetchWeights,
  localModelFiles,
  localModelReady,
  LocalModelUnavailable,
  type FetchOptions,
  type FetchProgress,
  type LocalModelFiles,
} from './fetch';
export { MODEL_ID } from './pins';
