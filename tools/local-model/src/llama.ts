import { pathToFileURL } from 'node:url';

/**
 * The used part of node-llama-cpp. It is installed on demand outside the workspace, so its own types are not available.
 */
export interface LlamaModule {
  getLlama(options: { build: 'never'; gpu: false; logLevel: string; maxThreads: number }): Promise<Llama>;
}

export interface Llama {
  loadModel(options: { modelPath: string }): Promise<LlamaModel>;
  dispose(): Promise<void>;
}

export type Token = number & { readonly token: unique symbol };

export interface LlamaModel {
  readonly trainContextSize: number;
  tokenize(text: string, specialTokens: boolean): Token[];
  detokenize(tokens: readonly Token[], specialTokens?: boolean, lastTokens?: readonly Token[]): string;
  isEogToken(token: Token): boolean;
  createContext(options: { contextSize: number; sequences: number; threads: number }): Promise<LlamaContext>;
}

export interface LlamaContext {
  readonly contextSize: number;
  getSequence(): LlamaSequence;
}

export interface Sampling {
  temperature?: number;
  topP?: number;
  topK?: number;
  minP?: number;
  seed?: number;
  repeatPenalty?: { punishTokens: () => Token[]; penalty: number; frequencyPenalty?: number; presencePenalty?: number };
}

export interface LlamaSequence {
  clearHistory(): Promise<void>;
  evaluate(tokens: readonly Token[], options: Sampling): AsyncGenerator<Token, void>;
  evaluateWithoutGeneratingNewTokens(tokens: readonly Token[]): Promise<void>;
}

/** Loads the installed runtime. @param entry absolute path of its entry file */
export async function importLlama(entry: string): Promise<LlamaModule> {
  return (await import(/* @vite-ignore */ pathToFileURL(entry).href)) as LlamaModule;
}
