import type { SocketEvent, SocketEventData } from '@perennial/contracts-gateway';
import type { Message } from '@perennial/contracts-wire';
import { describe, expect, it } from 'vitest';
import { Store } from '../state/store';
import { documentsOf, followUpsOf, type News, takeNews } from './answer-news';
import { statusLines } from './documents-status';

const told = (data: SocketEventData, message = 'm'): SocketEvent => ({ chat_id: 'c', message_id: message, data });
const queries = { action: 'queries_generated', queries: ['q'], done: false };
const found = { action: 'sources_retrieved', count: 2, done: true };
const sources = [{ source: { id: 'a' }, document: ['text'], metadata: [{}] }];
const message = (more: object = {}): Message => ({ id: 'm', role: 'assistant', childrenIds: [], ...more });

describe('the news of an answer', () => {
  it('shows the place of an answer that waits, the last one only, until it has a worker', () => {
    const news = new Store<News>(new Map());
    const queued = (position: number) => ({
      action: 'queued',
      description: `Answers before yours: ${position}.`,
      position,
      done: false,
    });
    const lines = () => statusLines(news.get().get('m')?.statuses ?? [], true);
    takeNews(news, told({ type: 'status', data: queued(3) }));
    takeNews(news, told({ type: 'status', data: queued(2) }));
    expect(lines()).toEqual([{ text: 'Answers before yours: 2.', warning: false }]);
    takeNews(news, told({ type: 'status', data: { action: 'queued', done: true } }));
    expect(lines()).toEqual([]);
  });

  it('collects statuses and sources by answer, and starts again with another attempt', () => {
    const news = new Store<News>(new Map());
    takeNews(news, told({ type: 'status', data: queries }));
    takeNews(news, told({ type: 'status', data: found }));
    takeNews(news, told({ type: 'chat:completion', data: { sources } }));
    takeNews(news, told({ type: 'status', data: queries }, 'other'));
    takeNews(news, told({ type: 'chat:active', data: { active: true } }));
    expect(news.get().get('m')).toEqual({ statuses: [queries, found], sources });
    takeNews(news, told({ type: 'status', data: queries }));
    expect(news.get().get('m')).toEqual({ statuses: [queries] });
    expect(news.get().size).toBe(2);
  });

  it('keeps those of the last answers only', () => {
    const news = new Store<News>(new Map());
    for (let answer = 0; answer < 60; answer++) takeNews(news, told({ type: 'status', data: queries }, `m${answer}`));
    expect(news.get().size).toBe(50);
    expect(news.get().has('m59')).toBe(true);
  });
});

describe('documentsOf', () => {
  it('prefers stored data to news, and uses news until there is some', () => {
    const stored = message({ statusHistory: [queries, found], sources });
    expect(documentsOf(stored, { statuses: [queries] })).toEqual({ statuses: [queries, found], sources });
    expect(documentsOf(message(), { statuses: [queries], sources })).toEqual({ statuses: [queries], sources });
    expect(documentsOf(message({ statusHistory: ['?', null] }), undefined)).toEqual({
      statuses: [],
      sources: undefined,
    });
  });
});

describe('followUpsOf', () => {
  it('has the news, or what is stored by any client', () => {
    const news = new Store<News>(new Map());
    takeNews(news, told({ type: 'chat:message:follow_ups', data: { follow_ups: ['a', 'b'] } }));
    expect(followUpsOf(message(), news.get().get('m'))).toEqual(['a', 'b']);
    expect(followUpsOf(message({ followUps: ['a', 1, ' ', 'a', 'b', 'c', 'd'] }), undefined)).toEqual(['a', 'b', 'c']);
    expect(followUpsOf(message({ followUps: 'a' }), undefined)).toEqual([]);
  });
});

describe('statusLines', () => {
  it('says that documents are searched only while they are', () => {
    expect(statusLines([queries], true).map(({ text }) => text)).toEqual(['Searching documents…']);
    expect(statusLines([queries], false)).toEqual([]);
    expect(statusLines([queries, found], true).map(({ text }) => text)).toEqual(['Found 2 documents.']);
  });

  it('says that nothing was found, and why there was no search', () => {
    const nothing = { ...found, count: 0 };
    expect(statusLines([queries, nothing], false)[0]?.text).toBe('Found nothing in the documents about this.');
    const away = { action: 'documents_unavailable', description: 'The store is away.', done: true };
    expect(statusLines([queries, away], false)).toEqual([{ text: 'The store is away.', warning: true }]);
    expect(statusLines([{ action: 'web_search', done: true }], false)).toEqual([]);
  });
});
