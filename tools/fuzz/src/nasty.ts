import fc, { type Arbitrary } from 'fast-check';

const LONG = 'x'.repeat(100_000);

/** Values that have crashed servers before. */
export const NASTY: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  -1e308,
  2 ** 53,
  2 ** 63,
  0.1,
  '',
  ' ',
  '0',
  'null',
  '__proto__',
  'constructor',
  'a\u0000b',
  '\ud800',
  '\u202e\u2066x',
  'ﷺ'.repeat(1_000),
  '👩‍👩‍👧‍👦'.repeat(200),
  'e\u0301'.repeat(2_000),
  "'; DROP TABLE chats; --",
  '%00%zz%',
  '../../../../etc/passwd',
  '${jndi:ldap://127.0.0.1}',
  '{{CONTEXT}}'.repeat(1_000),
  '\\'.repeat(5_000),
  '('.repeat(5_000),
  'a'.repeat(5_000) + '!',
  LONG,
  [],
  {},
  [[]],
  [null],
  [1, 'a', {}],
  { toString: 1 },
  { length: 1e9 },
  { $gt: '' },
  { 'a.b': 1, '': 2, ' ': 3 },
  Array.from({ length: 2_000 }, () => 1),
  Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`k${at}`, at])),
  nested(150),
];

/** Invalid JSON, or JSON in a text. */
export const RAW_BODIES: readonly string[] = [
  '',
  '{',
  '[',
  '"',
  'null',
  'true',
  '0',
  '[]',
  '""',
  '\ufeff{}',
  '{"a":1,"a":2}',
  '{"__proto__":{"role":"admin"}}',
  '{"constructor":{"prototype":{"role":"admin"}}}',
  '{"a":"\\ud800","b":"\\u0000"}',
  '{"a":1e999}',
  '{"a":NaN}',
  `{"a":${'9'.repeat(10_000)}}`,
  `{"a":"${'\\u0000'.repeat(10_000)}"}`,
  `${'['.repeat(100_000)}`,
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
  'a=1&b=2',
  '--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n',
];

const MB = 1_048_576;

/** Large bodies that cost more than their size if they are accepted. */
export const LARGE_BODIES: Readonly<Record<string, () => string>> = {
  'a list of numbers': () => `{"model":"m","messages":[1${',1'.repeat(MB / 2)}]}`,
  'seven megabytes of numbers': () => `{"model":"m","messages":[1${',1'.repeat(3.5 * MB)}]}`,
  'lists in lists': () => `{"model":"m","messages":[[]${',[]'.repeat(2 * MB)}]}`,
  objects: () => `{"model":"m","messages":[{}${',{}'.repeat(MB)}]}`,
  'a deep list': () => `{"model":"m","messages":${'['.repeat(MB)}${']'.repeat(MB)}}`,
  'parts of contents': () => {
    const content = `[1${',1'.repeat(990)}]`;
    const message = `{"role":"user","content":${content}}`;
    return `{"model":"m","session_id":"s","parent_id":null,"messages":[${Array(400).fill(message).join()}],"user_message":{"id":"q","content":${content}}}`;
  },
  'many keys': () =>
    `{"model":"m","chat":{"history":{"messages":{${Array.from({ length: 200_000 }, (_, at) => `"k${at}":1`).join()}}}}}`,
  'messages that are numbers': () =>
    `{"chat":{"history":{"messages":{${Array.from({ length: 9_999 }, (_, at) => `"k${at}":1`).join()}}}}}`,
  'keys of a body': () => `{${Array.from({ length: 300_000 }, (_, at) => `"k${at}":1`).join()}}`,
  'one long key': () =>
    `{"model":"m","messages":[],"${'k'.repeat(4 * MB)}":1,"chat":{"history":{"messages":{"${'k'.repeat(MB)}":1}}}}`,
  'one long text': () =>
    `{"model":"m","messages":[{"role":"user","content":"${'x'.repeat(6 * MB)}"}],"content":"${'y'.repeat(MB)}"}`,
  escapes: () => `{"model":"m","messages":[{"role":"user","content":"${'\\u0000\\ud800'.repeat(MB / 2)}"}]}`,
  'escaped quotes': () => `{"model":"m","messages":"${'\\"'.repeat(3 * MB)}"}`,
  'backslashes that never end': () => `{"model":"${'\\\\'.repeat(3 * MB)}`,
  'too large': () => `{"a":"${'x'.repeat(9 * MB)}"}`,
};

/** A value, changed in one to three places. */
export function broken(good: Arbitrary<unknown>): Arbitrary<unknown> {
  const change = fc.record({
    path: fc.array(fc.nat(), { maxLength: 5 }),
    value: fc.nat(NASTY.length),
    drop: fc.boolean(),
  });
  return fc.tuple(good, fc.array(change, { minLength: 1, maxLength: 3 })).map(([value, changes]) =>
    changes.reduce((current, { path, value: which, drop }) => {
      const nasty = NASTY[which % NASTY.length];
      return replaced(current, path, nasty, drop);
    }, value),
  );
}

function replaced(value: unknown, [step, ...rest]: number[], nasty: unknown, drop: boolean): unknown {
  if (step === undefined || typeof value !== 'object' || value === null) return nasty;
  const keys = Object.keys(value);
  const key = keys[step % Math.max(keys.length, 1)];
  if (key === undefined) return nasty;
  if (Array.isArray(value)) {
    return value.map((inner: unknown, at) => (String(at) === key ? replaced(inner, rest, nasty, drop) : inner));
  }
  const { [key]: inner, ...others } = value as Record<string, unknown>;
  return drop && rest.length === 0 ? others : { ...others, [key]: replaced(inner, rest, nasty, drop) };
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}
