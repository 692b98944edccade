import type { ModelConnection, ProviderEvent } from '../src';

/** Reads a stream to its end. */
export async function collect(stream: AsyncIterable<ProviderEvent>): Promise<{
  text: string;
  reasoning: string;
  events: ProviderEvent[];
  end?: ProviderEvent & { kind: 'end' };
  error?: unknown;
}> {
  const events: ProviderEvent[] = [];
  let error: unknown;
  try {
    for await (const event of stream) events.push(event);
  } catch (thrown) {
    error = thrown;
  }
  const join = (kind: 'text' | 'reasoning') =>
    events.map((event) => (event.kind === kind && 'text' in event ? event.text : '')).join('');
  const end = events.find((event) => event.kind === 'end');
  return { text: join('text'), reasoning: join('reasoning'), events, end, error };
}

export const user = (content: string) => [{ role: 'user', content }];

export function connectionTo(
  url: string,
  kind: ModelConnection['kind'],
  extra: Partial<ModelConnection> = {},
): ModelConnection {
  return { kind, baseUrl: kind === 'openai' ? `${url}/v1` : url, continuation: 'none', ...extra };
}
