import { fork, type ChildProcess } from 'node:child_process';
import type { Inference, TextVector } from './engine';
import type { FromInference, InferenceOptions } from './inference-protocol';

/** Starts the process that holds the model, and resolves when it has loaded it. @param script its built entry */
export function startInference(script: string, options: InferenceOptions): Promise<Inference> {
  const child = fork(script, [JSON.stringify(options)], { serialization: 'advanced', execArgv: [] });
  return new Promise((resolve, reject) => {
    const early = (code: number | null) => reject(new Error(`the process of the model ended (exit ${code})`));
    child.once('error', reject);
    child.once('exit', early);
    child.once('message', (message: FromInference) => {
      if (message.kind !== 'ready') {
        return reject(new Error(message.kind === 'broken' ? message.message : 'the process of the model is confused'));
      }
      child.off('exit', early);
      resolve(new InferenceProcess(child));
    });
  });
}

class InferenceProcess implements Inference {
  #waiting?: { resolve: (vector: TextVector) => void; reject: (error: Error) => void };
  #ended = false;

  constructor(private readonly child: ChildProcess) {
    child.on('message', (message: FromInference) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (message.kind === 'vector') waiting?.resolve(message);
      else if (message.kind === 'failed') waiting?.reject(new Error(message.message));
    });
    const end = (): void => {
      this.#ended = true;
      this.#waiting?.reject(new Error('the process of the model ended in the middle of a text'));
      this.#waiting = undefined;
    };
    child.on('error', end);
    child.on('exit', end);
  }

  get ended(): boolean {
    return this.#ended;
  }

  embed(text: string): Promise<TextVector> {
    if (this.#ended) return Promise.reject(new Error('the process of the model has ended'));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.child.send({ text });
    });
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}
