import { type ChildProcess, fork } from 'node:child_process';
import type { Inference, TextVector } from './engine';
import type { FromInference, InferenceOptions } from './inference-protocol';

/** Milliseconds after which a silent process is killed. */
export interface InferenceTimeouts {
  /** Includes the download of the weights from a hub. */
  load: number;
  text: number;
}

const TIMEOUTS: InferenceTimeouts = { load: 600_000, text: 60_000 };

/**
 * Starts the process of the model, and resolves when it has loaded it.
 *
 * @param script its built entry
 */
export function startInference(
  script: string,
  options: InferenceOptions,
  timeouts: InferenceTimeouts = TIMEOUTS,
): Promise<Inference> {
  const child = fork(script, [JSON.stringify(options)], { serialization: 'advanced', execArgv: [] });
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => child.kill('SIGKILL'), timeouts.load);
    const fail = (why: string): void => {
      clearTimeout(late);
      reject(new Error(why));
    };
    const early = (code: number | null, signal: string | null): void =>
      fail(`the process of the model ended while it loaded (${signal ?? `exit ${code}`})`);
    child.once('error', ({ message }) => fail(message));
    child.once('exit', early);
    child.once('message', (message: FromInference) => {
      if (message.kind === 'broken') return fail(message.message);
      clearTimeout(late);
      child.off('exit', early);
      resolve(new InferenceProcess(child, timeouts.text));
    });
  });
}

class InferenceProcess implements Inference {
  private waiting?: { resolve: (vector: TextVector) => void; reject: (error: Error) => void };
  private late?: NodeJS.Timeout;
  private hasEnded = false;

  constructor(
    private readonly child: ChildProcess,
    private readonly textTimeoutMs: number,
  ) {
    child.on('message', (message: FromInference) => {
      const waiting = this.settle();
      if (message.kind === 'vector') waiting?.resolve(message);
      else if (message.kind === 'failed') waiting?.reject(new Error(message.message));
    });
    const end = (): void => {
      this.hasEnded = true;
      this.settle()?.reject(new Error('the process of the model ended in the middle of a text'));
    };
    child.on('error', end);
    child.on('exit', end);
  }

  get ended(): boolean {
    return this.hasEnded;
  }

  embed(text: string): Promise<TextVector> {
    if (this.hasEnded) return Promise.reject(new Error('the process of the model has ended'));
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      // The text fails when the process ends.
      this.late = setTimeout(() => this.stop(), this.textTimeoutMs);
      this.child.send({ text });
    });
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }

  private settle() {
    clearTimeout(this.late);
    const waiting = this.waiting;
    this.waiting = undefined;
    return waiting;
  }
}
