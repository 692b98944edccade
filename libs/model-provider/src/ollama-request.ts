import type { ChatMessage } from './types';

/** OpenAI's parameters that Ollama knows inside `options`, by their name there. */
const OPTIONS: Record<string, string> = {
  temperature: 'temperature',
  top_p: 'top_p',
  top_k: 'top_k',
  min_p: 'min_p',
  seed: 'seed',
  stop: 'stop',
  presence_penalty: 'presence_penalty',
  frequency_penalty: 'frequency_penalty',
  repeat_penalty: 'repeat_penalty',
  repeat_last_n: 'repeat_last_n',
  max_tokens: 'num_predict',
  max_completion_tokens: 'num_predict',
  num_predict: 'num_predict',
  num_ctx: 'num_ctx',
  num_keep: 'num_keep',
  num_thread: 'num_thread',
  num_gpu: 'num_gpu',
};

/** Fields that have the same name and meaning in both. */
const SAME = ['model', 'tools', 'keep_alive', 'think', 'format'];

/** The body of Ollama's `/api/chat` for an OpenAI request. Fields that Ollama does not have are left out. */
export function toOllamaBody(
  body: Record<string, unknown>,
  messages: readonly ChatMessage[],
  stream: boolean,
): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const [name, target] of Object.entries(OPTIONS)) {
    const value = body[name];
    if (value !== undefined && value !== null)
      options[target] = name === 'stop' && typeof value === 'string' ? [value] : value;
  }
  if (typeof body.options === 'object' && body.options !== null) Object.assign(options, body.options);

  const result: Record<string, unknown> = { messages: messages.map(toOllamaMessage), stream };
  for (const name of SAME) if (body[name] !== undefined) result[name] = body[name];
  const format = toOllamaFormat(body.response_format);
  if (format !== undefined) result.format = format;
  if (Object.keys(options).length > 0) result.options = options;
  return result;
}

function toOllamaFormat(responseFormat: unknown): unknown {
  const format = responseFormat as { type?: string; json_schema?: { schema?: unknown } } | undefined | null;
  if (format?.type === 'json_object') return 'json';
  if (format?.type === 'json_schema') return format.json_schema?.schema ?? 'json';
  return undefined;
}

function toOllamaMessage(message: ChatMessage): Record<string, unknown> {
  const { role, content, tool_calls: calls, tool_call_id: callId, name } = message;
  const result: Record<string, unknown> = { role, content: '' };
  if (typeof content === 'string') {
    result.content = content;
  } else if (Array.isArray(content)) {
    const images: string[] = [];
    const texts: string[] = [];
    for (const part of content as { type?: string; text?: string; image_url?: string | { url?: string } }[]) {
      if (part?.type === 'text' && part.text) texts.push(part.text);
      if (part?.type === 'image_url') {
        const url = typeof part.image_url === 'string' ? part.image_url : part.image_url?.url;
        // Ollama accepts bare base64 and does not fetch addresses.
        if (url) images.push(url.replace(/^data:[^,]*,/, ''));
      }
    }
    result.content = texts.join('\n');
    if (images.length > 0) result.images = images;
  }
  if (Array.isArray(calls)) result.tool_calls = calls.map(toOllamaToolCall);
  if (role === 'tool') {
    if (typeof name === 'string') result.tool_name = name;
    if (typeof callId === 'string') result.tool_call_id = callId;
  }
  return result;
}

function toOllamaToolCall(call: {
  id?: string;
  function?: { name?: string; arguments?: unknown };
}): Record<string, unknown> {
  let parameters = call.function?.arguments;
  if (typeof parameters === 'string') {
    try {
      parameters = JSON.parse(parameters) as unknown;
    } catch {
      parameters = {};
    }
  }
  return { ...(call.id && { id: call.id }), function: { name: call.function?.name, arguments: parameters ?? {} } };
}
