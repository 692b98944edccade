import { expect, it } from 'vitest';
import { shellBlocks } from './shell-blocks';

it('finds what is to be run, below its heading, without the indentation of its list', () => {
  const page = [
    '# Page',
    '## First',
    '1. Step',
    '',
    '   ```sh',
    '   for x in 1; do',
    '     echo $x',
    '   done',
    '   ```',
    '```',
    '## not run',
    '```',
    '## Second',
    '```sh',
    'true',
    '```',
  ].join('\n');
  expect(shellBlocks(page)).toEqual([
    { section: 'First', text: 'for x in 1; do\n  echo $x\ndone' },
    { section: 'Second', text: 'true' },
  ]);
});
