import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const SHEETS = ['theme', 'contrast', 'code'].map((name) =>
  readFileSync(new URL(`${name}.css`, import.meta.url), 'utf8'),
);
const PIECES = ['word', 'string', 'number', 'comment', 'call', 'type'].map((kind) => `code-${kind}`);

/** The colours that a selector gives to names. */
function colours(selector: string): Record<string, string> {
  const rules = SHEETS.flatMap((sheet) => [...sheet.matchAll(/([^{}]+)\{([^{}]*)\}/g)]);
  const own = rules.filter(([, of = '']) => of.replace(/\/\*[^]*?\*\//g, '').trim() === selector);
  return Object.fromEntries(
    own.flatMap(([, , body = '']) =>
      [...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex]),
    ),
  );
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** By WCAG. */
function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

const LIGHT = ':root';
const DARK = ":root[data-theme='dark']";
const MORE = ":root[data-contrast='more']";
const MORE_DARK = ":root[data-contrast='more'][data-theme='dark']";

it.each([
  ['light', [LIGHT], 4.5],
  ['dark', [LIGHT, DARK], 4.5],
  ['light with more contrast', [LIGHT, MORE], 7],
  ['dark with more contrast', [LIGHT, DARK, MORE, MORE_DARK], 7],
])('code is read on its ground, %s', (_, looks, least) => {
  const shown = Object.assign({}, ...looks.map(colours)) as Record<string, string>;
  const last = colours(looks.at(-1)!);
  // Each look has colours of its own.
  expect(PIECES.filter((name) => last[name] === undefined)).toEqual([]);
  const faint = [...PIECES, 'text', 'muted', 'accent'].filter(
    (name) => !(contrast(shown[name]!, shown['code-ground']!) >= least),
  );
  expect(faint).toEqual([]);
});

it('contrast is measured as WCAG does', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});
