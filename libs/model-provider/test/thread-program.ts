import { serveStreams } from '../src/thread/serve';

const STANDS_STILL = /STAND STILL/;
const DIES = /DIE NOW/;

/** Two artificial events: one that blocks this thread for ever, and one that kills it. */
const parse = JSON.parse;
JSON.parse = (text: string, reviver?: Parameters<typeof parse>[1]): unknown => {
  while (STANDS_STILL.test(text));
  if (DIES.test(text)) process.exit(1);
  return parse(text, reviver);
};

serveStreams();
