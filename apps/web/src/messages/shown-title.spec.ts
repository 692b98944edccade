import { expect, it } from 'vitest';
import { t } from './index';
import { shownTitle } from './shown-title';

it('shows only what the server calls a chat without a title in the words of the page', () => {
  expect(shownTitle('New Chat')).toBe(t('chat.new'));
  expect(shownTitle('New Chat with herons')).toBe('New Chat with herons');
  expect(shownTitle('')).toBe('');
});
