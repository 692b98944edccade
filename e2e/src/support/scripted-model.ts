import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ScriptedModel {
  url: string;
  close(): Promise<void>;
}

/** How a model answers. */
export interface Script {
  model: string;
  /** Of the model; its id without one. */
  name?: string;
  /** Models that are only listed. */
  others?: readonly string[];
  /** Tokens that it can take in, which it lists; then it counts each letter of a question as one. */
  context?: number;
  title: string;
  /** What one might ask next, by a word of the conversation. */
  followUps?: Readonly<Record<string, readonly string[]>>;
  /** The pieces of the answer to the last user message, which come 10 ms apart. */
  answer: (prompt: string) => readonly string[];
}

/** A provider with one model, whose answers are a function of the question. */
export async function startScriptedModel(script: Script): Promise<ScriptedModel> {
  const server = createServer((request, response) => void reply(script, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface ChatBody {
  stream?: boolean;
  messages: { role: string; content: unknown }[];
}

async function reply(
  { model, name, others = [], context, title, followUps = {}, answer }: Script,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const json = (body: unknown) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (request.url?.endsWith('/models'))
    return void json({
      object: 'list',
      data: [{ id: model, name, context_length: context }, ...others.map((id) => ({ id }))],
    });
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { stream, messages } = JSON.parse(body) as ChatBody;
  const prompt = String(messages.findLast(({ role }) => role === 'user')?.content ?? '');
  if (!stream) {
    const [, next] = Object.entries(followUps).find(([word]) => prompt.includes(word)) ?? [];
    const content = prompt.includes('"follow_ups"')
      ? JSON.stringify({ follow_ups: next ?? [] })
      : /"?title"?/i.test(prompt)
        ? JSON.stringify({ title })
        : 'None.';
    return void json({ choices: [{ message: { role: 'assistant', content }, finish_reason: 'stop' }] });
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (data: unknown) => response.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  for (const content of answer(prompt)) {
    send({ choices: [{ index: 0, delta: { content } }] });
    await sleep(10);
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  const usage = { prompt_tokens: prompt.length, completion_tokens: 0, total_tokens: prompt.length };
  if (context !== undefined) send({ choices: [], usage });
  send('[DONE]');
  response.end();
}
