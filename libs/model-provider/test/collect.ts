import type { AnswerEnd, AnswerSink, ChatRequest, ModelConnection, ModelProvider, StreamOptions } from '../src';

export type Piece = { kind: 'text' | 'reasoning'; text: string } | { kind: 'choices'; choices: unknown[] };

export interface CollectOptions extends StreamOptions {
  /** Called for each piece; true: accept nothing more. */
  onPiece?: (piece: Piece) => boolean | void;
}

/** Streams an answer to its end. */
export async function collect(
  provider: ModelProvider,
  request: ChatRequest,
  { onPiece, ...options }: CollectOptions = {},
): Promise<{ text: string; reasoning: string; pieces: Piece[]; end?: AnswerEnd; error?: unknown }> {
  const pieces: Piece[] = [];
  let full = false;
  const take = (piece: Piece): void => {
    pieces.push(piece);
    full = onPiece?.(piece) === true;
  };
  const sink: AnswerSink = {
    text: (text) => take({ kind: 'text', text }),
    reasoning: (text) => take({ kind: 'reasoning', text }),
    choices: (choices) => take({ kind: 'choices', choices: JSON.parse(choices) as unknown[] }),
    unopened: () => {
      for (const piece of pieces) if (piece.kind === 'text') piece.kind = 'reasoning';
    },
    get full() {
      return full;
    },
  };
  let end: AnswerEnd | undefined;
  let error: unknown;
  try {
    end = await provider.stream(request, sink, options);
  } catch (thrown) {
    error = thrown;
  }
  const join = (kind: 'text' | 'reasoning') =>
    pieces.map((piece) => (piece.kind === kind && 'text' in piece ? piece.text : '')).join('');
  return { text: join('text'), reasoning: join('reasoning'), pieces, end, error };
}

export const user = (content: string) => [{ role: 'user', content }];

export function connectionTo(
  url: string,
  kind: ModelConnection['kind'],
  extra: Partial<ModelConnection> = {},
): ModelConnection {
  return { kind, baseUrl: kind === 'openai' ? `${url}/v1` : url, continuation: 'none', ...extra };
}
