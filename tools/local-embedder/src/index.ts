export { fetchLocalEmbedder, type ModelSource } from './fetch';
export { DEFAULT_MODEL } from './pins';
