import { ARTIFACT_VERSION, type ArtifactLanguage, type ArtifactMessage, toShowMessage } from './artifact-protocol';
import { leaveTheNetwork } from './leave-the-network';

const ALIVE_EACH_MS = 1_000;

/**
 * The script of the frame that shows artifacts (`/sandbox/artifact.html`). It has no origin: no cookies, no storage, no connections and no way to its page but
 * messages. It becomes the document that a model wrote.
 */
if (parent !== window) {
  const page = parent;
  const origin = location.origin;
  const tell = (kind: ArtifactMessage['kind']): void => page.postMessage({ version: ARTIFACT_VERSION, kind }, origin);
  const begin = ({ source, origin: from, data }: MessageEvent<unknown>): void => {
    const message = source === page && from === origin ? toShowMessage(data) : undefined;
    if (message === undefined) return;
    removeEventListener('message', begin);
    leaveTheNetwork();
    setInterval(() => tell('alive'), ALIVE_EACH_MS);
    tell('alive');
    document.open();
    // Opening a document takes all listeners away.
    document.addEventListener('securitypolicyviolation', () => tell('refused'), { once: true });
    addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented) tell('leave');
    });
    document.write(`${documentOf(message.language, message.source)}<!-- -->`);
    document.close();
  };
  addEventListener('message', begin);
  tell('ready');
}

/** A picture is shown in the middle, as large as there is room. */
function documentOf(language: ArtifactLanguage, source: string): string {
  if (language === 'html') return source;
  const style = 'body{display:grid;place-items:center;min-height:100vh;margin:0}svg{max-width:100%;max-height:100vh}';
  // eslint-disable-next-line no-restricted-syntax -- A document: its words are the source's.
  return `<!doctype html><style>${style}</style>${source.replace(/^\s*<\?xml[^>]*\?>/, '')}`;
}
