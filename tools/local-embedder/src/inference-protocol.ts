/** How the process with the model is started: one argument, JSON. */
export interface InferenceOptions {
  /** Of @huggingface/transformers; absolute. */
  entry: string;
  /** The name that is served; what a hub is asked for. */
  model: string;
  source: { kind: 'folder'; path: string } | { kind: 'hub'; url: string };
  /** What a hub sent is kept here. */
  cacheDir: string;
  threads: number;
}

/** One text; the answer to it comes before the next one is sent. */
export interface ToInference {
  text: string;
}

export type FromInference =
  /** The model is loaded. */
  | { kind: 'ready' }
  /** It cannot be loaded; the process ends. */
  | { kind: 'broken'; message: string }
  | { kind: 'vector'; vector: Float32Array; tokens: number }
  | { kind: 'failed'; message: string };
