import { randomUUID } from 'node:crypto';
import type { runs } from '@perennial/contracts-chat';
import type { TurnBodySchema } from '@perennial/contracts-gateway';
import type { CallRequest } from '@perennial/contracts-kernel';
import type { z } from 'zod';
import { isUuid } from '../../http/hidden';
import { Problem } from '../../problem';
import { documentsOf } from '../pictures/data-urls';

type Turn = z.output<typeof TurnBodySchema>;

/** Whether the body is a page's turn (the answer goes to its sockets) rather than an SDK's completion. */
export function isTurn(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  const { session_id: session, chat_id: chat } = body as { session_id?: unknown; chat_id?: unknown };
  return Boolean(session) && (Boolean(chat) || 'parent_id' in body);
}

/** The request that accepts a turn. */
export function toTurn(body: Turn): CallRequest<typeof runs.accept> {
  if (body.assistant_message_id != null) return continuationOf(body, body.assistant_message_id);
  const message = body.user_message ?? undefined;
  if (message === undefined && body.parent_id == null) {
    throw new Problem(422, 'user_message: is required, or parent_id must name the message to answer again');
  }
  const parentId = (message === undefined ? body.parent_id : (message.parentId ?? body.parent_id)) ?? null;
  return {
    ...(body.chat_id ? { chatId: chatIdOf(body.chat_id) } : {}),
    ...(body.folder_id == null ? {} : { folderId: body.folder_id }),
    parentId: message !== undefined && parentId === message.id ? null : parentId,
    ...(message === undefined
      ? {}
      : {
          userMessage: {
            id: message.id,
            content: message.content,
            timestamp: message.timestamp,
            models: message.models,
            files: message.files ?? [],
          },
        }),
    answers: answersOf(body),
    ...rest(body),
    generateTitle: body.background_tasks?.title_generation === true,
    // Absent when it is not wanted: a repeated request equals what the version before has stored.
    ...(body.background_tasks?.follow_up_generation === true ? { generateFollowUps: true } : {}),
  };
}

/** The request that continues an ended answer. */
function continuationOf(body: Turn, messageId: string): CallRequest<typeof runs.accept> {
  if (!body.chat_id) throw new Problem(422, 'chat_id: is required to continue an answer');
  return {
    chatId: chatIdOf(body.chat_id),
    parentId: messageId,
    answers: [{ messageId, modelId: body.model, modelIdx: 0 }],
    continueAnswer: true,
    ...rest(body),
  };
}

function rest(body: Turn) {
  return {
    ...(body.files?.length ? { files: documentsOf(body.files) } : {}),
    ...systemOf(body),
    params: paramsOf(body),
    sessionId: body.session_id,
  };
}

function chatIdOf(id: string): string {
  if (isUuid(id)) return id;
  if (/^(temporary|local|channel):/.test(id)) {
    throw new Problem(400, 'chat_id: chats that are not saved are not supported; leave chat_id out to begin a chat');
  }
  throw new Problem(404, 'There is no such chat, or it is not yours. Leave chat_id out to begin a new one.').as(
    'chat_not_found',
  );
}

function answersOf({ message_ids: ids, id, model }: Turn): CallRequest<typeof runs.accept>['answers'] {
  if (ids === undefined) return [{ messageId: id ?? randomUUID(), modelId: model, modelIdx: 0 }];
  const answers = Array.isArray(ids)
    ? ids.map(({ model_id, message_id, modelIdx }, index) => ({
        messageId: message_id,
        modelId: model_id,
        modelIdx: modelIdx ?? index,
      }))
    : Object.entries(ids).map(([modelId, messageId], modelIdx) => ({ messageId, modelId, modelIdx }));
  if (answers.length === 0) throw new Problem(422, 'message_ids: must name at least one answer');
  if (answers.length > 8) throw new Problem(422, 'message_ids: at most 8 models can answer at once');
  return answers;
}

/** The page sends the system prompt as a message or among the parameters. */
function systemOf({ messages, params }: Turn): { system?: string } {
  const message = messages?.find(({ role }) => role === 'system');
  const system = typeof message?.content === 'string' ? message.content : params?.system;
  return typeof system === 'string' && system !== '' ? { system } : {};
}

/** Sampling parameters, without those of the page itself. */
function paramsOf({ params }: Turn): Record<string, unknown> {
  const { system: _, model_controls: __, ...sampling } = params ?? {};
  return sampling;
}
