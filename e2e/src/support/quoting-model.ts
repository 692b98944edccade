import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const QUOTING_MODEL = 'quoting';

export interface QuotingModel {
  url: string;
  close(): Promise<void>;
}

/** A chat model that uses documents well: it quotes each document of its prompt, with its number. */
export async function startQuotingModel(): Promise<QuotingModel> {
  const server = createServer((request, response) => void answer(request, response));
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

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const json = (body: unknown) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (request.url?.endsWith('/models')) return void json({ object: 'list', data: [{ id: QUOTING_MODEL }] });
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { stream, messages } = JSON.parse(body) as ChatBody;
  const prompt = String(messages.findLast(({ role }) => role === 'user')?.content ?? '');
  if (!stream) {
    const content = /"?title"?/i.test(prompt) ? '{"title": "About documents"}' : 'None.';
    return void json({ choices: [{ message: { role: 'assistant', content }, finish_reason: 'stop' }] });
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (data: unknown) => response.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  for (const content of quotesOf(prompt).split(/(?<= )/)) {
    send({ choices: [{ index: 0, delta: { content } }] });
    await sleep(10);
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  send('[DONE]');
  response.end();
}

/** The line with the access word of each document, and code that looks like a citation. */
function quotesOf(prompt: string): string {
  const sources = [...prompt.matchAll(/<source id="(\d+)" name="([^"]*)">([\s\S]*?)<\/source>/g)];
  if (sources.length === 0) return 'No document was given to me.';
  const quotes = sources.flatMap(([, number, name, text = '']) => {
    const sentence = /The access word of [^.]*\./.exec(text.replace(/\s+/g, ' '))?.[0];
    return sentence ? [`- ${name} says: ${sentence} [${number}]`] : [];
  });
  return `Here is what I found:\n\n${quotes.join('\n')}\n\nIn code that would be \`words[1]\`.`;
}
