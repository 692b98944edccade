import type { LocalModelFiles } from './fetch';
import {
  importLlama,
  type LlamaContext,
  type LlamaModel,
  type LlamaSequence,
  type Sampling,
  type Token,
} from './llama';
import { buildPrompt, type PromptMessage } from './prompt';
import { StopFilter } from './stop';

export interface EngineOptions {
  /** Most tokens of one conversation with its answer. */
  contextSize: number;
  /** Concurrent answers. */
  parallel: number;
  /** Answers that may wait. */
  queue: number;
  threads: number;
}

export interface GenerateRequest {
  messages: PromptMessage[];
  maxTokens: number;
  stop: string[];
  sampling: Sampling;
}

export interface Generated {
  finishReason: 'stop' | 'length';
  promptTokens: number;
  completionTokens: number;
}

/** All places are taken, and the queue is full. */
export class Busy extends Error {}
/** The last message alone is longer than the context. */
export class TooLong extends Error {}

/** Tokens of a prompt evaluated in one step; a cancelled request is noticed between two steps. */
const PREFILL = 256;
/** At least this many tokens are reserved for the answer. */
const MIN_ANSWER = 64;

/** The loaded model with a limited number of places. */
export class Engine {
  private readonly free: LlamaSequence[] = [];
  private readonly waiting: { resolve: (sequence: LlamaSequence) => void; reject: (error: Error) => void }[] = [];

  private constructor(
    private readonly model: LlamaModel,
    context: LlamaContext,
    private readonly options: EngineOptions,
  ) {
    for (let index = 0; index < options.parallel; index++) this.free.push(context.getSequence());
  }

  static async load(files: LocalModelFiles, options: EngineOptions): Promise<Engine> {
    const { getLlama } = await importLlama(files.llama);
    const llama = await getLlama({ build: 'never', gpu: false, logLevel: 'error', maxThreads: options.threads });
    const model = await llama.loadModel({ modelPath: files.weights });
    const contextSize = Math.min(options.contextSize, model.trainContextSize);
    const context = await model.createContext({ contextSize, sequences: options.parallel, threads: options.threads });
    return new Engine(model, context, { ...options, contextSize });
  }

  /**
   * Writes one answer.
   *
   * @param onText called for each piece as soon as it is known
   * @throws Busy, TooLong; the signal's reason when it is aborted, which frees the place at once
   */
  async generate(request: GenerateRequest, signal: AbortSignal, onText: (text: string) => void): Promise<Generated> {
    const { contextSize } = this.options;
    const prompt = buildPrompt(this.model, request.messages, contextSize - Math.min(MIN_ANSWER, contextSize / 4));
    if (!prompt) throw new TooLong(`The message is longer than the model's context of ${contextSize} tokens`);
    const sequence = await this.take(signal);
    try {
      await sequence.clearHistory();
      const last = await this.prefill(sequence, prompt.tokens, signal);
      const limit = Math.min(request.maxTokens, contextSize - prompt.tokens.length - 1);
      const { finishReason, completionTokens } = await this.write(sequence, last, limit, request, signal, onText);
      return { finishReason, completionTokens, promptTokens: prompt.tokens.length };
    } finally {
      this.give(sequence);
    }
  }

  /**
   * Evaluates the prompt except for its last piece.
   *
   * @returns that piece
   */
  private async prefill(sequence: LlamaSequence, tokens: Token[], signal: AbortSignal): Promise<Token[]> {
    let at = 0;
    for (; tokens.length - at > PREFILL; at += PREFILL) {
      signal.throwIfAborted();
      await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(at, at + PREFILL));
    }
    return tokens.slice(at);
  }

  private async write(
    sequence: LlamaSequence,
    from: Token[],
    limit: number,
    { sampling, stop }: GenerateRequest,
    signal: AbortSignal,
    onText: (text: string) => void,
  ): Promise<Pick<Generated, 'finishReason' | 'completionTokens'>> {
    const recent: Token[] = [];
    const filter = new StopFilter(stop);
    let pending: Token[] = [];
    let completionTokens = 0;
    let finishReason: Generated['finishReason'] = limit > 0 ? 'stop' : 'length';
    const repeatPenalty = { penalty: 1.1, ...sampling.repeatPenalty, punishTokens: () => recent.slice(-64) };
    if (limit > 0) {
      for await (const token of sequence.evaluate(from, { ...sampling, repeatPenalty })) {
        signal.throwIfAborted();
        if (this.model.isEogToken(token)) break;
        completionTokens += 1;
        recent.push(token);
        pending.push(token);
        const text = this.model.detokenize(pending);
        // A character can take several tokens; until the last of them it decodes to the replacement character.
        if (!text.endsWith('\uFFFD') || pending.length > 4) {
          pending = [];
          const shown = filter.push(text);
          if (shown) onText(shown);
        }
        if (filter.stopped) break;
        if (completionTokens >= limit) {
          finishReason = 'length';
          break;
        }
      }
    }
    const rest = filter.rest();
    if (rest) onText(rest);
    return { finishReason, completionTokens };
  }

  private take(signal: AbortSignal): Promise<LlamaSequence> {
    signal.throwIfAborted();
    const sequence = this.free.pop();
    if (sequence) return Promise.resolve(sequence);
    if (this.waiting.length >= this.options.queue)
      throw new Busy('The local model is busy, try again in a few seconds');
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(place), 1);
        reject(signal.reason as Error);
      };
      const place = {
        resolve: (freed: LlamaSequence) => {
          signal.removeEventListener('abort', leave);
          resolve(freed);
        },
        reject,
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(place);
    });
  }

  private give(sequence: LlamaSequence): void {
    const next = this.waiting.shift();
    if (next) next.resolve(sequence);
    else this.free.push(sequence);
  }
}
