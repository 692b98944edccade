import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SOURCES = fileURLToPath(new URL('..', import.meta.url));

/** Declarations that are on the wrong side where one reads from right to left. */
function physical(css: string): string[] {
  return [...css.replace(/\/\*.*?\*\//gs, '').matchAll(/([\w-]+)\s*:\s*([^;{}]+);/g)].flatMap(
    ([, name = '', value = '']) => {
      const isSided = /(^|-)(left|right)(-|$)/.test(name) || /^(left|right)$/.test(value.trim());
      const isMoved = /translateX\((?!.*var\(--forward\))/.test(value);
      return isSided || isMoved || isLopsided(name, parts(value)) ? [`${name}: ${value}`] : [];
    },
  );
}

/** The values of a declaration; what is in brackets is one with its function. */
function parts(value: string): string[] {
  const shorter = value.replace(/\([^()]*\)/g, '');
  return shorter === value ? value.trim().split(/\s+/) : parts(shorter);
}

/** Four values that differ between left and right. */
function isLopsided(name: string, [top, right, bottom, left]: readonly string[]): boolean {
  if (/^(padding|margin|inset|border-width|border-color)$/.test(name)) return left !== undefined && right !== left;
  return name === 'border-radius' && left !== undefined && (top !== right || bottom !== left);
}

it('every style sheet of the page can be mirrored', () => {
  const sheets = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.css'));
  expect(sheets.length).toBeGreaterThan(9);
  const faults = sheets.flatMap((name) =>
    physical(readFileSync(`${SOURCES}/${name}`, 'utf8')).map((fault) => `${name}: ${fault}`),
  );
  expect(faults).toEqual([]);
});

it('planted declarations are found, and no others', () => {
  const css = `a { margin-left: 1px; left: 0; text-align: right; border-left: 0; padding: 1px 2px 3px 4px;
    border-radius: 8px 0 0 8px; transform: translateX(-100%); padding-inline: 1px 2px; margin: 0 1px 2px 1px;
    border-radius: 8px 8px 0 0; text-align: start; transform: translateX(calc(1% * var(--forward))); }`;
  expect(physical(css).length).toBe(7);
});
