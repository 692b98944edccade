import { beBystander, type BystanderOptions } from './bystander';

/**
 * The bystander in a separate process, so that it measures the product and not the fuzzer. Its parent names the target; it sends each sample,
 * and ends when the parent is gone or says `stop`.
 */
const stop = new AbortController();
process.once('disconnect', () => process.exit(0));
process.on('message', (message: BystanderOptions | 'stop') => {
  if (message === 'stop') stop.abort();
  else void beBystander(message, stop.signal, (sample) => process.send?.(sample)).then(() => process.exit(0));
});
