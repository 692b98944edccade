import { beBystander, type BystanderOptions } from './bystander';

/**
 * The bystander in a process of its own, so that it measures the product and not the fuzzer. Told by its parent whom to ask; sends each
 * sample; ends when the parent goes or says `stop`.
 */
const stop = new AbortController();
process.once('disconnect', () => process.exit(0));
process.on('message', (message: BystanderOptions | 'stop') => {
  if (message === 'stop') stop.abort();
  else void beBystander(message, stop.signal, (sample) => process.send?.(sample)).then(() => process.exit(0));
});
