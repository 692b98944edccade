export { fetchLocalModel, fetchWeights, localModelFiles, localModelReady, type LocalModelFiles } from './fetch';
export { MODEL_ID } from './pins';
