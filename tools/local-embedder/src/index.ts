export { fetchLocalEmbedder, localEmbedderReady, type ModelSource } from './fetch';
export { DEFAULT_MODEL } from './pins';
