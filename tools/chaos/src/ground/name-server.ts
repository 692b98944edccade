import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

/** What happens to questions for a name. */
export type NameTrouble = { delayMs: number } | 'refused';

const HEADER_BYTES = 12;
const TYPE_A = 1;
const RESPONSE = 0x8180;
const SERVER_FAILURE = 2;
const NO_SUCH_NAME = 3;
/** A pointer to the question's name, type A, class IN, no time to live, four bytes: 127.0.0.1. */
const LOOPBACK = Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);

/** A DNS server for which every name of one domain is 127.0.0.1. Its answers can be late or refused, by name. */
export class NameServer {
  private readonly troubles = new Map<string, NameTrouble>();

  private constructor(
    private readonly socket: Socket,
    private readonly domain: string,
  ) {}

  /** @throws unless this may listen on port 53 of the address */
  static async listen(address: string, domain: string): Promise<NameServer> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(53, address, resolve);
    });
    const server = new NameServer(socket, domain);
    socket.on('message', (message, from) => server.receive(message, from));
    return server;
  }

  /** Until the returned function is called. */
  disturb(names: readonly string[], trouble: NameTrouble): () => void {
    for (const name of names) this.troubles.set(name, trouble);
    return () => names.forEach((name) => this.troubles.delete(name));
  }

  close(): void {
    this.socket.close();
  }

  private receive(message: Buffer, { port, address }: RemoteInfo): void {
    const question = questionOf(message);
    if (!question) return;
    const trouble = this.troubles.get(question.name);
    const answer = this.answer(message, question, trouble === 'refused');
    const send = (): void => this.socket.send(answer, port, address, () => undefined);
    if (typeof trouble === 'object') setTimeout(send, trouble.delayMs).unref();
    else send();
  }

  private answer(message: Buffer, { name, type, end }: Question, isRefused: boolean): Buffer {
    const isOurs = name.endsWith(`.${this.domain}`);
    const hasAddress = isOurs && type === TYPE_A && !isRefused;
    const reply = Buffer.concat([message.subarray(0, end), ...(hasAddress ? [LOOPBACK] : [])]);
    reply.writeUInt16BE(RESPONSE | (isRefused ? SERVER_FAILURE : isOurs ? 0 : NO_SUCH_NAME), 2);
    // One question, its answer, and nothing of what came with the question.
    [1, hasAddress ? 1 : 0, 0, 0].forEach((count, at) => reply.writeUInt16BE(count, 4 + 2 * at));
    return reply;
  }
}

interface Question {
  name: string;
  type: number;
  /** Where it ends in the message. */
  end: number;
}

function questionOf(message: Buffer): Question | undefined {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const end = at + 5;
  if (end > message.length) return undefined;
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end };
}
