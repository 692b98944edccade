import { expect, it } from 'vitest';
import { isPressed } from './shortcuts';

const press = (key: string, ...held: ('ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey')[]) => ({
  ...{ key, code: key === ':' ? 'Semicolon' : '', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false },
  ...Object.fromEntries(held.map((name) => [name, true])),
});

it.each([
  ['Mod+K', press('k', 'ctrlKey'), true, true],
  ['Mod+K', press('k', 'metaKey'), true, true],
  ['Mod+K', press('k'), false, false],
  ['Mod+K', press('K', 'ctrlKey', 'shiftKey'), false, false],
  ['Mod+K', press('k', 'ctrlKey', 'altKey'), false, false],
  ['Mod+Shift+O', press('O', 'ctrlKey', 'shiftKey'), true, true],
  ['Mod+Shift+;', press(':', 'ctrlKey', 'shiftKey'), true, true],
  ['Shift+Escape', press('Escape', 'shiftKey'), true, true],
  ['Escape', press('Escape', 'shiftKey'), false, false],
  // A letter is a letter where one writes.
  ['?', press('?', 'shiftKey'), true, false],
  ['J', press('j'), true, false],
  ['J', press('j', 'ctrlKey'), false, false],
])('%s with %j: outside of a field %s, in one %s', (keys, pressed, outside, inside) => {
  expect([isPressed(keys, pressed, false), isPressed(keys, pressed, true)]).toEqual([outside, inside]);
});
