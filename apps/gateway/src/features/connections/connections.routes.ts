import { connections } from '@perennial/contracts-config';
import { routes } from '@perennial/contracts-gateway';
import { forward, forwards } from '../../http/forward';
import { fromOllamaWire, fromOpenAiWire, toOllamaWire, toOpenAiWire, verificationOf } from './wire';

/**
 * A refusal by the other server is not the caller's: a rejected key is 400, so that clients do not ask the user to sign in.
 */
const statuses = { UNAUTHENTICATED: 400, PERMISSION_DENIED: 400, NOT_FOUND: 400 };
const listOf = ({ data }: { data: Record<string, unknown>[] }) => ({ object: 'list' as const, data });

export const ConnectionsRoutes = forwards(
  forward(routes.connections.openAi, connections.get, { to: () => ({ kind: 'openai' as const }), from: toOpenAiWire }),
  forward(routes.connections.updateOpenAi, connections.update, {
    to: ({ body }) => fromOpenAiWire(body),
    from: toOpenAiWire,
  }),
  forward(routes.connections.verifyOpenAi, connections.verify, {
    to: ({ body }) => verificationOf('openai', body),
    from: listOf,
    statuses,
  }),
  forward(routes.connections.ollama, connections.get, { to: () => ({ kind: 'ollama' as const }), from: toOllamaWire }),
  forward(routes.connections.updateOllama, connections.update, {
    to: ({ body }) => fromOllamaWire(body),
    from: toOllamaWire,
  }),
  forward(routes.connections.verifyOllama, connections.verify, {
    to: ({ body }) => verificationOf('ollama', body),
    from: listOf,
    statuses,
  }),
);
