import type { ColourReply, ColourRequest } from './colours';
import { isKnownLanguage, runsOf } from './grammars';

/** The types of the page know no worker. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ColourRequest>) => void) | null;
  postMessage(reply: ColourReply): void;
}

/** Finds the pieces of code apart from the page: a grammar that hangs on a text hangs only here, and is ended with its worker. */
const scope = self as unknown as WorkerScope;
scope.onmessage = ({ data: { id, language, text } }) => {
  const runs = isKnownLanguage(language) ? runsOf(language, text) : undefined;
  scope.postMessage({ kind: 'coloured', id, runs });
};
scope.postMessage({ kind: 'ready' });
