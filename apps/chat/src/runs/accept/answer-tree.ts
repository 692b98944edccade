import type { runs } from '@perennial/contracts-chat';
import { CallError, type CallParsedRequest } from '@perennial/contracts-kernel';
import type { AcceptFacts } from './accept.repository';

type Request = CallParsedRequest<typeof runs.accept>;

/** The parent must exist, and an id keeps its role. */
export function checkTree(request: Request, facts: AcceptFacts): void {
  const roles = new Map((facts.messages ?? []).map(({ id, role }) => [id, role]));
  if (request.parentId !== null && !roles.has(request.parentId)) throw messageNotFound(request.parentId);
  if (!request.userMessage && !request.continueAnswer && roles.get(request.parentId ?? '') !== 'user') {
    throw new CallError('INVALID_ARGUMENT', 'Only a user message can be answered. Send the id of one as parent_id.');
  }
  const userRole = roles.get(request.userMessage?.id ?? '');
  if (userRole !== undefined && userRole !== 'user') throw idTaken(request.userMessage!.id);
  for (const { messageId } of request.answers) {
    const role = roles.get(messageId);
    if (role !== undefined && role !== 'assistant') throw idTaken(messageId);
  }
}

/** An ended answer is never overwritten; its text may be continued. */
export function checkAnswers({ continueAnswer }: Request, facts: AcceptFacts, wanted: readonly string[]): void {
  for (const id of wanted) {
    const message = facts.messages?.find((candidate) => candidate.id === id);
    if (continueAnswer) {
      if (!message) throw messageNotFound(id);
      if (message.empty) {
        throw new CallError('FAILED_PRECONDITION', 'There is no text to go on from. Ask again under a new message id.');
      }
    } else if (message?.ended || facts.runs?.some((run) => run.message_id === id && run.over)) {
      throw new CallError(
        'ALREADY_EXISTS',
        'This answer has ended. Ask again under a new message id, or continue it with assistant_message_id.',
      );
    }
  }
}

/** Whether the chat has this message with these answers already. */
export function isRepetition({ userMessage, answers }: Request, facts: AcceptFacts): boolean {
  const isThere = (id: string | undefined): boolean => facts.messages?.some((message) => message.id === id) ?? false;
  return isThere(userMessage?.id) && answers.every(({ messageId }) => parentOf(messageId, facts) === userMessage?.id);
}

/** The stored parent of a message. */
export function parentOf(id: string | null, facts: AcceptFacts): string | null {
  return facts.messages?.find((message) => message.id === id)?.parent_id ?? null;
}

export const chatNotFound = (): CallError =>
  new CallError('NOT_FOUND', 'There is no such chat. It may have been deleted.', { problem: 'chat_not_found' });

export const messageNotFound = (id: string): CallError =>
  new CallError('NOT_FOUND', `The chat has no message ${id}. Load the chat again.`);

const idTaken = (id: string): CallError =>
  new CallError('INVALID_ARGUMENT', `The chat has another message with the id ${id}. Use a new id.`);
