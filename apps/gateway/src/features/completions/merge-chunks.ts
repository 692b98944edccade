interface ToolCall {
  index: number;
  id?: string;
  type?: string;
  function?: { name?: string; arguments?: string };
}

interface Delta {
  role?: string;
  content?: string | null;
  refusal?: string | null;
  reasoning_content?: string | null;
  tool_calls?: ToolCall[];
}

interface ChunkChoice {
  index: number;
  delta: Delta;
  finish_reason?: string | null;
  logprobs?: { content?: unknown[] | null } | null;
}

export interface MergedChoice {
  index: number;
  message: Record<string, unknown>;
  finish_reason: string;
  logprobs: { content: unknown[] } | null;
}

/**
 * The `choices` of a whole completion from those of its chunks.
 * @param text newline-delimited JSON, each line the `choices` array of one chunk
 */
export function mergeChunks(text: string): MergedChoice[] {
  const merged = new Map<number, MergedChoice>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    for (const choice of JSON.parse(line) as ChunkChoice[]) add(merged, choice);
  }
  return [...merged.values()].sort((a, b) => a.index - b.index);
}

function add(merged: Map<number, MergedChoice>, { index, delta, finish_reason: reason, logprobs }: ChunkChoice): void {
  let choice = merged.get(index);
  if (choice === undefined) {
    choice = { index, message: { role: 'assistant', content: null }, finish_reason: 'stop', logprobs: null };
    merged.set(index, choice);
  }
  const { message } = choice;
  for (const field of ['content', 'refusal', 'reasoning_content'] as const) {
    const part = delta?.[field];
    if (typeof part === 'string') message[field] = ((message[field] as string | null | undefined) ?? '') + part;
  }
  for (const call of delta?.tool_calls ?? []) addToolCall(message, call);
  if (logprobs?.content) choice.logprobs = { content: [...(choice.logprobs?.content ?? []), ...logprobs.content] };
  if (reason) choice.finish_reason = reason;
}

function addToolCall(message: Record<string, unknown>, { index, id, type, function: called }: ToolCall): void {
  const calls = (message.tool_calls ??= []) as {
    id: string;
    type: string;
    function: { name: string; arguments: string };
  }[];
  const call = (calls[index ?? 0] ??= { id: '', type: 'function', function: { name: '', arguments: '' } });
  if (id) call.id = id;
  if (type) call.type = type;
  call.function.name += called?.name ?? '';
  call.function.arguments += called?.arguments ?? '';
}
