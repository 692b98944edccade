import type { IncomingMessage, ServerResponse } from 'node:http';

/** The request cannot be served; `message` goes to the client. */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** An error in OpenAI's shape. */
export function fail(response: ServerResponse, status: number, message: string): void {
  const type = status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error';
  json(response, status, { error: { message, type, param: null, code: null } });
}

export function json(response: ServerResponse, status: number, document: unknown): void {
  const body = JSON.stringify(document);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** The parsed body of at most `limit` bytes. @throws RequestError */
export async function readBody(request: IncomingMessage, limit: number): Promise<unknown> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    length += (part as Buffer).length;
    if (length > limit) throw new RequestError(413, `The request is larger than ${limit / 1024 / 1024} MB`);
    parts.push(part as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
  } catch {
    throw new RequestError(400, 'The body is not JSON');
  }
}
