import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CommandError } from './failure';

/**
 * The first line of standard input. At a terminal it prompts, and does not echo. A password is never an argument: other people on the
 * machine can read those.
 *
 * @throws CommandError when the input ends without one
 */
export async function readPassword(): Promise<string> {
  const { stdin: input, stderr: prompt } = process;
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: unseen, terminal: input.isTTY });
  if (input.isTTY) prompt.write('Password: ');
  const { value: line } = (await lines[Symbol.asyncIterator]().next()) as IteratorResult<string, undefined>;
  lines.close();
  input.destroy();
  if (input.isTTY) prompt.write('\n');
  if (line === undefined || line === '') throw new CommandError('There is no password. Write it to standard input.');
  return line;
}
