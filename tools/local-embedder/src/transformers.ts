import { pathToFileURL } from 'node:url';

/**
 * The used part of @huggingface/transformers. It is installed on demand outside the workspace, so its own types are not available.
 */
export interface Transformers {
  env: {
    allowRemoteModels: boolean;
    allowLocalModels: boolean;
    localModelPath: string;
    remoteHost: string;
    cacheDir: string;
  };
  AutoTokenizer: { from_pretrained(model: string, options: object): Promise<Tokenizer> };
  AutoModel: { from_pretrained(model: string, options: object): Promise<Model> };
  mean_pooling(hidden: Tensor, mask: Tensor): Tensor;
}

export interface Tensor {
  data: Float32Array;
  dims: number[];
  normalize(p: number, dim: number): Tensor;
}

export type Tokenizer = (
  text: string,
  options: { truncation: true; max_length: number },
) => Promise<{ input_ids: Tensor; attention_mask: Tensor }> | { input_ids: Tensor; attention_mask: Tensor };

export type Model = (inputs: object) => Promise<{ last_hidden_state: Tensor }>;

/** Loads the installed runtime. @param entry absolute path of its entry file */
export async function importTransformers(entry: string): Promise<Transformers> {
  return (await import(/* @vite-ignore */ pathToFileURL(entry).href)) as Transformers;
}
