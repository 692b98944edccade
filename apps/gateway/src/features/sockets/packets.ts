import type { AnswerOutput, CumulativeData, DoneData, SocketEvent } from '@perennial/contracts-gateway';
import { reasoningItem, splitThoughts } from '@perennial/contracts-kernel';
import type { OutputItem, RunEnd } from '@perennial/contracts-wire';
import type { FollowedRun, RunIdentity, RunTerminal, UserEvent } from '@perennial/transport';

/**
 * One event for any number of sockets: Socket.IO's own encoding of `emit('events', payload)` (protocol 5: packet type 2, then a JSON array)
 * as a whole WebSocket frame, encoded once per event instead of once per socket.
 */
export interface Packet {
  /** The Engine.IO message. */
  readonly message: string;
  /** The frame that carries it: final, text, unmasked, not compressed. */
  readonly frame: Buffer;
}

/** Socket.IO's packet type `event`. */
const EVENT = '2';
const START = `${EVENT}["events",`;
const END = ']';
/** Engine.IO's packet type `message`, the prefix of each message of its WebSocket transport. */
const MESSAGE_TYPE = 0x34;
const FINAL_TEXT = 0x81;

function encode(message: string): Packet {
  const length = Buffer.byteLength(message) + 1;
  const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerLength + length);
  frame[0] = FINAL_TEXT;
  if (headerLength === 2) {
    frame[1] = length;
  } else if (headerLength === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame[headerLength] = MESSAGE_TYPE;
  frame.write(message, headerLength + 1, 'utf8');
  return { message, frame };
}

export function toPacket(event: SocketEvent | UserEvent): Packet {
  return encode(START + JSON.stringify(event) + END);
}

/** The page may ask for answers. */
export const READY_PACKET = encode(`${EVENT}["run:ready"]`);

/** Text of an answer that a page follows: the hot path of our own page. */
export function textPacket(line: number, cursor: string, text: string): Packet {
  return encode(`${EVENT}["run",${line},"${cursor}",${JSON.stringify(text)}]`);
}

export function endPacket(line: number, end: RunEnd): Packet {
  return encode(`${EVENT}${JSON.stringify(['run:end', line, end])}`);
}

/** The events of one run. The constant parts are encoded once. */
export class RunPackets {
  readonly chatId: string;
  private readonly messageId: string;
  private readonly itemId: string;
  private readonly created = Math.floor(Date.now() / 1_000);
  /** By the index of the answer in `output`. */
  private readonly deltaStarts: readonly [string, string];

  constructor(private readonly identity: RunIdentity & { chatId: string; messageId: string }) {
    this.chatId = identity.chatId;
    this.messageId = identity.messageId;
    this.itemId = `msg_${identity.runId}`;
    const start =
      `${START}{"chat_id":${JSON.stringify(this.chatId)},"message_id":${JSON.stringify(this.messageId)},` +
      `"data":{"type":"response:completion","data":{"type":"response.output_text.delta","item_id":"${this.itemId}",` +
      `"output_index":`;
    this.deltaStarts = [`${start}0,"content_index":0,"generation":`, `${start}1,"content_index":0,"generation":`];
  }

  /** The first event of an answer. */
  role(): Packet {
    return this.packet({ type: 'response:completion', data: this.chunk({ role: 'assistant', content: '' }, null) });
  }

  /** The hot path: only the text and two numbers differ. */
  delta(generation: number, offset: number, text: string, outputIndex: 0 | 1 = 0): Packet {
    return encode(
      `${this.deltaStarts[outputIndex]}${generation},"offset":${offset},"delta":${JSON.stringify(text)}}}}${END}`,
    );
  }

  /** The whole text so far. */
  cumulative(generation: number, text: string): Packet {
    const data: CumulativeData = { output: this.output(text, 'in_progress'), generation, offset: text.length };
    return this.packet({ type: 'chat:completion', data });
  }

  /** The events at the end of the answer, in order. */
  end(terminal: RunTerminal, text: string): Packet[] {
    const { generation, length } = terminal;
    switch (terminal.state) {
      case 'completed': {
        const done: DoneData = {
          done: true,
          output: this.output(text, 'completed'),
          generation,
          offset: length,
          ...(terminal.title === undefined ? {} : { title: terminal.title }),
          ...(terminal.usage === undefined ? {} : { usage: terminal.usage }),
        };
        return [
          this.packet({ type: 'chat:completion', data: this.chunk({}, terminal.finishReason ?? 'stop') }),
          this.packet({ type: 'chat:completion', data: done }),
        ];
      }
      case 'cancelled': {
        const output = this.output(text, 'incomplete');
        return [this.packet({ type: 'chat:tasks:cancel', data: { output, generation, offset: length } })];
      }
      case 'failed': {
        const { code, message } = terminal.error ?? {
          code: 'INTERNAL',
          message: 'The answer could not be finished. Try again.',
        };
        return [this.packet({ type: 'chat:message:error', data: { error: { content: message, code } } })];
      }
    }
  }

  active(active: boolean): Packet {
    return this.packet({ type: 'chat:active', data: { active, folder_id: null } });
  }

  private chunk(delta: { role?: 'assistant'; content?: string }, finishReason: string | null) {
    return {
      id: `chatcmpl-${this.identity.runId}`,
      object: 'chat.completion.chunk' as const,
      created: this.created,
      model: this.identity.model,
      choices: [{ index: 0, delta, finish_reason: finishReason }] as [
        { index: 0; delta: { role?: 'assistant'; content?: string }; finish_reason: string | null },
      ],
    };
  }

  private output(text: string, status: OutputItem['status']): AnswerOutput {
    const { thoughts, answer } = splitThoughts(text);
    const content = [{ type: 'output_text', text: answer }];
    const message: OutputItem = { type: 'message', id: this.itemId, status, role: 'assistant', content };
    if (thoughts === '') return [message];
    return [reasoningItem(this.identity.runId, thoughts, status), message];
  }

  private packet(data: SocketEvent['data']): Packet {
    return toPacket({ chat_id: this.chatId, message_id: this.messageId, data });
  }
}

/** The packets of a run that answers a message; undefined for a plain completion, which has no sockets. */
export function packetsOf({ identity }: FollowedRun): RunPackets | undefined {
  const { chatId, messageId } = identity;
  return chatId === undefined || messageId === undefined
    ? undefined
    : new RunPackets({ ...identity, chatId, messageId });
}
