import { defineCall, type Principal } from '@perennial/contracts-kernel';
import { z } from 'zod';

const MessageSchema = z.object({
  id: z.uuid(),
  parentId: z.uuid().nullable(),
  role: z.enum(['user', 'assistant']),
  content: z.string().max(10_000),
  createdAt: z.int(),
  tags: z.array(z.string().max(50)).max(10),
});

/** The call of both variants: about 500 bytes each way, checked on both sides. */
export const ECHO = defineCall({
  pattern: 'chat.bench.echo',
  effect: 'read',
  request: z.object({
    chatId: z.uuid(),
    message: MessageSchema,
    options: z.object({ stream: z.boolean(), limit: z.int() }),
  }),
  reply: z.object({ chatId: z.uuid(), message: MessageSchema, version: z.int() }),
});

/** Calls are signed, as in the product. */
export const SECRET_KEY = 'the secret of this benchmark';

export const PRINCIPAL: Principal = {
  kind: 'user',
  userId: '5f0c6f0e-7d55-4a0a-9a1c-0f1f6f0d2b11',
  role: 'user',
  sessionId: 'b5a7c3d0',
};

export const REQUEST: z.input<typeof ECHO.request> = {
  chatId: '0b9ad2f2-6f6c-4d0e-8a57-94d6a3b6f0aa',
  message: {
    id: '2f0f7f36-52a5-4a9c-b4ba-d0c3c9a4c6de',
    parentId: '7a7f8f4a-9c36-4c6f-93f6-55a0ad1d9c10',
    role: 'user',
    content: 'What is the height of the tower, and who built it? '.repeat(4),
    createdAt: 1_794_000_000,
    tags: ['history', 'architecture'],
  },
  options: { stream: true, limit: 50 },
};

/** Commands and replies of a benchmark worker over its IPC channel. */
export type WorkerCommand = { kind: 'run'; way: 'http' | 'rpc'; calls: number; concurrency: number } | { kind: 'stop' };
export type WorkerEvent =
  { kind: 'ready'; httpPort?: number } | { kind: 'done'; seconds: number } | { kind: 'failed'; message: string };
