import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';

/** The first line of the input; undefined when it ends without one. At a terminal it prompts, and does not echo. */
export async function readPassword(input: ReadStream, prompt: WriteStream): Promise<string | undefined> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: unseen, terminal: input.isTTY });
  if (input.isTTY) prompt.write('Password: ');
  const { value: line } = (await lines[Symbol.asyncIterator]().next()) as IteratorResult<string, undefined>;
  lines.close();
  if (input.isTTY) prompt.write('\n');
  return line;
}
