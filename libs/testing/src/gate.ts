import { readFile } from 'node:fs/promises';
import {
  createServer,
  type IncomingMessage,
  request,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Certificate } from './certificate';

export interface GateOptions {
  /** Where clients connect. */
  port: number;
  /** The port of the server behind it. */
  target: number;
  /** The header that a request needs. */
  authorization: string;
  /** Speaks TLS to clients. */
  certificate?: Certificate;
}

/**
 * Access control in front of a server that has none here: it passes on what carries the right header. A broken or silent server looks the same
 * through it.
 */
export async function openGate({ port, target, authorization, certificate }: GateOptions): Promise<Server> {
  const listener: RequestListener = (incoming, response) => {
    if (incoming.headers.authorization === authorization) return pass(incoming, response, target);
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"Unauthorized"}');
  };
  const gate = certificate
    ? createTlsServer({ cert: await readFile(certificate.cert), key: await readFile(certificate.key) }, listener)
    : createServer(listener);
  await new Promise<void>((resolve) => gate.listen(port, '127.0.0.1', resolve));
  return gate;
}

export async function closeGate(gate: Server | undefined): Promise<void> {
  gate?.closeAllConnections();
  await new Promise((resolve) => (gate ? gate.close(resolve) : resolve(undefined)));
}

function pass(incoming: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, url: path, headers } = incoming;
  const outgoing = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  outgoing.on('error', () => response.destroy());
  response.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
}
