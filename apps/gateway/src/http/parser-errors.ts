import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemCodeOf } from '../problem';

/** Errors of Node's HTTP parser by code. All others are 400. */
const REFUSALS: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers of the request are too large. Send fewer or smaller ones, such as cookies.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The extensions of a chunk of the body are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time. Try again.'],
};
const MALFORMED = [400, 'This is not a well-formed HTTP request.'] as const;

/** Answers bytes that never became a request in the usual error format, and closes the connection. */
export function answerParserError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, detail] = REFUSALS[error.code ?? ''] ?? MALFORMED;
  if (socket.writable) socket.end(rawAnswer(status, detail));
  socket.destroySoon();
}

/**
 * Answers two cases that Node would answer without a body: an unsupported expectation and an upgrade of another path.
 */
export function answerUnmet(http: Server, socketPath: string): void {
  http.on('checkExpectation', (_request, response) => {
    response.writeHead(417, HEADERS).end(bodyOf(417, 'The only expectation that is met is "100-continue".'));
  });
  http.on('upgrade', (request, socket) => {
    if (request.url?.startsWith(`${socketPath}/`)) return;
    socket.on('error', () => socket.destroy());
    socket.end(rawAnswer(404, 'Connections are upgraded to WebSockets at the address of Socket.IO only.'));
  });
}

const HEADERS = { 'content-type': 'application/json; charset=utf-8', connection: 'close' };

function bodyOf(status: number, detail: string): string {
  return JSON.stringify({ detail, code: problemCodeOf(status) });
}

function rawAnswer(status: number, detail: string): string {
  const body = bodyOf(status, detail);
  const headers = Object.entries({ ...HEADERS, 'content-length': Buffer.byteLength(body) });
  const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields}\r\n${body}`;
}
