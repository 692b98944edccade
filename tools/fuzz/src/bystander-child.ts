import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BystanderOptions, Sample } from './bystander';

/** A bystander in another process, and its observations. */
export interface RunningBystander {
  readonly samples: readonly Sample[];
  stop(): Promise<void>;
}

/** Starts the bystander's process; it ends with this one. */
export function startBystander(options: BystanderOptions): RunningBystander {
  const child = fork(fileURLToPath(new URL('./bystander.js', import.meta.url)));
  const samples: Sample[] = [];
  child.on('message', (sample: Sample) => samples.push(sample));
  child.send(options);
  return {
    samples,
    async stop() {
      const exited = once(child, 'exit');
      child.send('stop');
      await exited;
    },
  };
}
