/** How the process with the model is started: one argument, JSON. */
export interface InferenceOptions {
  /** Where the runtime is installed; absolute. */
  dir: string;
  /** The model's files, in the layout of a hub; absolute. */
  folder: string;
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
