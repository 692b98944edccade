import type { IncomingMessage, ServerResponse } from 'node:http';

/** The wire format of a request. */
export type Api = 'openai' | 'ollama';

export function fail(api: Api, response: ServerResponse, status: number, message: string): void {
  json(response, api === 'ollama' ? { error: message } : { error: { message, type: 'simulated', code: null } }, status);
}

export function json(response: ServerResponse, document: unknown, status = 200): void {
  const body = JSON.stringify(document);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** The parsed body; an empty one is an empty object. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString('utf8');
  return text ? JSON.parse(text) : {};
}
