import { expect, it } from 'vitest';
import { withoutLeading } from './leave-the-network';

it.each([
  ['<link rel=preconnect href="//a"><p>b</p>', '<meta rel=preconnect href="//a"><p>b</p>'],
  ['<IFRAME srcdoc="x"></IFRAME>', '<x-nothing srcdoc="x"></x-nothing>'],
  ['<svg:iframe/><object\ndata=x></object><embed>', '<x-nothing/><x-nothing\ndata=x></x-nothing><x-nothing>'],
  ['<é:iframe xmlns:é="x"/><a#b:link/>', '<x-nothing xmlns:é="x"/><meta/>'],
  ['<linked-list></linked-list><frames> a < iframe', '<linked-list></linked-list><frames> a < iframe'],
  ['<title>A link</title><a href="#">frame</a>', '<title>A link</title><a href="#">frame</a>'],
])('elements that lead elsewhere are none: %s', (text, expected) => {
  expect(withoutLeading(text)).toBe(expected);
});
