import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import dockerfile from 'highlight.js/lib/languages/dockerfile';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import kotlin from 'highlight.js/lib/languages/kotlin';
import lua from 'highlight.js/lib/languages/lua';
import makefile from 'highlight.js/lib/languages/makefile';
import markdown from 'highlight.js/lib/languages/markdown';
import php from 'highlight.js/lib/languages/php';
import powershell from 'highlight.js/lib/languages/powershell';
import python from 'highlight.js/lib/languages/python';
import r from 'highlight.js/lib/languages/r';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import shell from 'highlight.js/lib/languages/shell';
import sql from 'highlight.js/lib/languages/sql';
import swift from 'highlight.js/lib/languages/swift';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { KINDS, type Runs } from './colours';

const GRAMMARS = {
  ...{ bash, c, cpp, csharp, css, diff, dockerfile, go, ini, java, javascript, json, kotlin, lua, makefile },
  ...{ markdown, php, powershell, python, r, ruby, rust, shell, sql, swift, typescript, xml, yaml },
};
for (const [name, grammar] of Object.entries(GRAMMARS)) hljs.registerLanguage(name, grammar);
// Much alike, and its own grammar is the largest of all.
hljs.registerAliases(['scss', 'less'], { languageName: 'css' });

/** What the grammars' own names are to a reader. A name that is not here says nothing: its text looks as what it lies in. */
const SCOPES: Readonly<Record<(typeof KINDS)[number], string>> = {
  word: 'keyword literal name selector-tag doctag template-tag',
  string: 'string regexp addition link code',
  number: 'number symbol bullet char selector-pseudo',
  comment: 'comment quote',
  call: 'title section meta selector-id selector-class built_in',
  type: 'type attr attribute variable template-variable deletion',
};
const PLAIN = -1;
const KIND_OF = new Map<string, number>([
  ...KINDS.flatMap((kind, at) => SCOPES[kind].split(' ').map((scope) => [scope, at] as const)),
  // Code within a string.
  ['subst', PLAIN],
]);
const CLASS_NAME = KINDS.indexOf('type');

/** A tag, a character that stands in another way, or text: the parts of what highlight.js writes. */
const PART = /<span class="([^"]*)">|<\/span>|&(?:amp|lt|gt|quot|#x27);|[^<&]+/g;

export function isKnownLanguage(language: string): boolean {
  return hljs.getLanguage(language) !== undefined;
}

/** The pieces of a text that have a colour, as highlight.js sees them. */
export function runsOf(language: string, text: string): Runs {
  const { value } = hljs.highlight(text, { language, ignoreIllegals: true });
  const runs: number[] = [];
  const kinds = [PLAIN];
  let at = 0;
  for (const [part, scope] of value.matchAll(PART)) {
    if (scope !== undefined) {
      kinds.push(kindOf(scope, kinds.at(-1) ?? PLAIN));
    } else if (part === '</span>') {
      kinds.pop();
    } else {
      const end = at + (part.startsWith('&') ? 1 : part.length);
      add(runs, at, end, kinds.at(-1) ?? PLAIN);
      at = end;
    }
  }
  return Uint32Array.from(runs);
}

/** One that goes on where the last one ended is the same piece. */
function add(runs: number[], from: number, to: number, kind: number): void {
  if (kind === PLAIN) return;
  if (runs.at(-1) === kind && runs.at(-2) === from) runs[runs.length - 2] = to;
  else runs.push(from, to, kind);
}

/** @param around that of what it lies in */
function kindOf(scope: string, around: number): number {
  const [name = '', part] = scope.replace(/^hljs-/, '').split(' ');
  if (name === 'title' && part === 'class_') return CLASS_NAME;
  return KIND_OF.get(name) ?? around;
}
