import type { EndItem, FinishItem, FrameItem, OpenItem, SubscriptionMessage, UserItem } from './frame';
import type { RunIdentity, RunPosition, RunTerminal, UserEvent } from './types';

/**
 * Shapes of the data that crosses Redis on the token path. Hand-written for speed, because a frame arrives a hundred times a second; they
 * check everything that readers rely on, so that a malformed item never enters a run's state.
 */

type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Epochs, generations, offsets and aliases. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isIdentity(value: unknown): value is RunIdentity {
  return (
    isFields(value) &&
    typeof value['runId'] === 'string' &&
    typeof value['userId'] === 'string' &&
    typeof value['model'] === 'string' &&
    isOptionalText(value['chatId']) &&
    isOptionalText(value['messageId'])
  );
}

export function isTerminal(value: unknown): value is RunTerminal {
  if (!isFields(value) || !isCount(value['generation']) || !isCount(value['length'])) return false;
  const { state, error, usage } = value;
  return (
    (state === 'completed' || state === 'failed' || state === 'cancelled') &&
    (isAbsent(error) ||
      (isFields(error) && typeof error['code'] === 'string' && typeof error['message'] === 'string')) &&
    (isAbsent(usage) || isFields(usage)) &&
    isOptionalText(value['finishReason']) &&
    isOptionalText(value['title'])
  );
}

export function isFrameItem(value: unknown): value is FrameItem {
  if (!isFields(value)) return false;
  switch (value['k']) {
    case 'o':
      return isOpenItem(value);
    case 'e':
      return isCount((value as Partial<EndItem>).a) && isTerminal(value['t']);
    case 'f':
      return isIdentity((value as Partial<FinishItem>).i) && isPosition(value['p']) && isTerminal(value['t']);
    case 'u':
      return typeof (value as Partial<UserItem>).u === 'string' && isUserEvent(value['v']);
    default:
      return false;
  }
}

export function isSubscriptionMessage(value: unknown): value is SubscriptionMessage {
  if (!isFields(value) || typeof value['g'] !== 'string') return false;
  const { k, h, w, a } = value;
  return (
    [k, h].every((keys) => isAbsent(keys) || (Array.isArray(keys) && keys.every((key) => typeof key === 'string'))) &&
    isOptionalText(w) &&
    (a === undefined || (Array.isArray(a) && a.every(isCount)))
  );
}

/** Parses JSON of a given shape; undefined for anything else. */
export function parseAs<T>(json: string, is: (value: unknown) => value is T): T | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return is(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isOpenItem(value: Fields): boolean {
  const { a, e, n, b, o, t, i } = value as Partial<OpenItem>;
  return [a, e, n, b, o].every(isCount) && typeof t === 'string' && isIdentity(i);
}

function isPosition(value: unknown): value is RunPosition {
  return isFields(value) && isCount(value['epoch']) && isCount(value['generation']) && isCount(value['offset']);
}

function isUserEvent(value: unknown): value is UserEvent {
  if (!isFields(value) || !isFields(value['data'])) return false;
  return typeof value['chat_id'] === 'string' && typeof value['data']['type'] === 'string';
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function isOptionalText(value: unknown): boolean {
  return isAbsent(value) || typeof value === 'string';
}
