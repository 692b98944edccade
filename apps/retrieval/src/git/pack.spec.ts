import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readPack } from './pack';
import { pktLines, toPktLines } from './pkt-line';
import { filesBelow, folderAt, treeOf } from './tree';

const LIMITS = { objects: 100, bytes: 10_000_000 };
const CODES = { commit: 1, tree: 2, blob: 3, delta: 7 };

interface Entry {
  kind: keyof typeof CODES;
  data: Buffer;
  /** Of a delta. */
  base?: string;
  /** Instead of the true one. */
  size?: number;
}

function packOf(entries: readonly Entry[], count = entries.length): Buffer {
  const header = Buffer.alloc(12);
  header.write('PACK');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(count, 8);
  const parts = entries.flatMap(({ kind, data, base, size = data.length }) => {
    const bytes: number[] = [];
    let rest = Math.floor(size / 16);
    bytes.push((CODES[kind] << 4) | (size & 15) | (rest > 0 ? 128 : 0));
    for (; rest > 0; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | (rest >= 128 ? 128 : 0));
    return [Buffer.from(bytes), Buffer.from(base ?? '', 'hex'), deflateSync(data)];
  });
  const body = Buffer.concat([header, ...parts]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

const nameOf = (kind: string, data: Buffer): string =>
  createHash('sha1').update(`${kind} ${data.length}\0`).update(data).digest('hex');
const blob = (text: string): Entry => ({ kind: 'blob', data: Buffer.from(text) });
const treeData = (...entries: [mode: string, name: string, object: string][]): Buffer =>
  Buffer.concat(
    entries.flatMap(([mode, name, object]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(object, 'hex')]),
  );

describe('readPack', () => {
  it('names objects by their content, also large ones', async () => {
    const large = 'large '.repeat(100_000);
    const found = await readPack(packOf([blob(''), blob('text'), blob(large), blob('last')]), LIMITS);
    expect([...found.values()].map(({ data }) => data.toString())).toEqual(['', 'text', large, 'last']);
    const small = found.get(nameOf('blob', Buffer.from('text')));
    expect(small?.kind).toBe('blob');
    // Not a chunk of zlib, of 16 KiB, for each of a hundred thousand folders, but a piece of the pool that small buffers share.
    expect(small?.data.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
  });

  it('makes a difference of many pieces without keeping others waiting', async () => {
    const count = 200_000;
    const sizes = (value: number): number[] => [(value & 127) | 128, ((value >> 7) & 127) | 128, value >> 14];
    const data = Buffer.from([4, ...sizes(count), ...Array.from({ length: count }, () => [0b1001_0000, 1]).flat()]);
    const base = nameOf('blob', Buffer.from('text'));
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    const found = await readPack(packOf([blob('text'), { kind: 'delta', base, data }]), LIMITS);
    clearInterval(timer);
    expect(found.has(nameOf('blob', Buffer.alloc(count, 't')))).toBe(true);
    expect(turns).toBeGreaterThan(1);
  });

  it('makes objects that are differences to others, in any order', async () => {
    const base = nameOf('blob', Buffer.from('one two three'));
    // The first four bytes of the base, then new ones.
    const four = Buffer.from([13, 8, 0b1001_0000, 4, 4, ...Buffer.from('more')]);
    // The whole of the former, twice.
    const twice = Buffer.from([8, 16, 0b1001_0000, 8, 0b1001_0001, 0, 8]);
    const found = await readPack(
      packOf([
        { kind: 'delta', base: nameOf('blob', Buffer.from('one more')), data: twice },
        { kind: 'delta', base, data: four },
        blob('one two three'),
      ]),
      LIMITS,
    );
    expect([...found.values()].map(({ data }) => data.toString()).sort()).toEqual([
      'one more',
      'one moreone more',
      'one two three',
    ]);
  });

  it('refuses what is no pack, is cut off, or says other things than it has', async () => {
    const good = packOf([blob('text')]);
    const base = nameOf('blob', Buffer.from('text'));
    const broken = Buffer.from(good);
    broken[14]! ^= 1;
    for (const pack of [
      Buffer.alloc(0),
      Buffer.from('no pack at all, but long enough to be one'),
      good.subarray(0, -1),
      broken,
      packOf([blob('text')], 2),
      packOf([{ ...blob('text'), size: 3 }]),
      packOf([{ ...blob('text'), size: 5 }]),
      packOf([{ kind: 'delta', base: '0'.repeat(40), data: Buffer.from([4, 1, 1, 65]) }]),
      packOf([blob('text'), { kind: 'delta', base, data: Buffer.from([4, 9, 0b1001_0000, 9]) }]),
      packOf([blob('text'), { kind: 'delta', base, data: Buffer.from([4, 1, 0]) }]),
      packOf([blob('text'), { kind: 'delta', base, data: Buffer.from([4, 9, 1, 65]) }]),
      packOf([blob('text'), { kind: 'delta', base, data: Buffer.from([255, 255]) }]),
    ])
      await expect(readPack(pack, LIMITS)).rejects.toMatchObject({ failure: 'away' });
  });

  it('unpacks no more than it may', async () => {
    const text = 'x'.repeat(1_000);
    const base = nameOf('blob', Buffer.from(text));
    // 900 bytes of the base, as often as one likes.
    const copy = [0b1011_0000, 0x84, 3];
    const bomb: Entry = { kind: 'delta', base, data: Buffer.from([0xe8, 7, 0x88, 0x0e, ...copy, ...copy]) };
    for (const [pack, limits] of [
      [packOf([blob('a'), blob('b')]), { objects: 1, bytes: 100 }],
      [packOf([blob(text)]), { objects: 1, bytes: 999 }],
      [packOf([blob(text), bomb]), { objects: 2, bytes: 2_000 }],
      [packOf([{ ...blob('a'), size: 2 ** 40 }]), LIMITS],
    ] as const)
      await expect(readPack(pack, limits)).rejects.toMatchObject({ failure: 'too-large' });
    expect((await readPack(packOf([blob(text), bomb]), LIMITS)).size).toBe(2);
  });
});

describe('the files of a commit', () => {
  it('with a name of a folder that would stand before each of many others are given up', async () => {
    const many = treeData(
      ...Array.from({ length: 1_000 }, (_, at): [string, string, string] => ['120000', `l${at}`, 'a'.repeat(40)]),
    );
    const root = treeData(['40000', 'n'.repeat(100_000), nameOf('tree', many)]);
    const objects = await readPack(
      packOf([
        { kind: 'tree', data: root },
        { kind: 'tree', data: many },
      ]),
      LIMITS,
    );
    const read = () => [...filesBelow(objects, nameOf('tree', root))];
    expect(read).toThrow(expect.objectContaining({ failure: 'too-large' }));
  });

  it('are those of its folders, without links, other repositories and hidden ones', async () => {
    const [a, b] = ['a'.repeat(40), 'b'.repeat(40)];
    const deep = treeData(['100644', 'b.md', b], ['100644', '.env', b], ['100644', 'x\\y', b]);
    const root = treeData(
      ['100755', 'a.md', a],
      ['120000', 'link', a],
      ['160000', 'module', a],
      ['40000', '.git', nameOf('tree', deep)],
      ['40000', 'deep', nameOf('tree', deep)],
    );
    const commit = Buffer.from(`tree ${nameOf('tree', root)}\nauthor A\n\nfirst\n`);
    const objects = await readPack(
      packOf([
        { kind: 'commit', data: commit },
        { kind: 'tree', data: root },
        { kind: 'tree', data: deep },
      ]),
      LIMITS,
    );
    const tree = treeOf(objects.get(nameOf('commit', commit))!);
    expect([...filesBelow(objects, tree)]).toEqual([
      { path: 'a.md', object: a },
      { path: 'deep/b.md', object: b },
    ]);
    expect([...filesBelow(objects, folderAt(objects, tree, ['deep'])!)]).toEqual([{ path: 'b.md', object: b }]);
    expect([['none'], ['a.md'], ['deep', 'none']].map((path) => folderAt(objects, tree, path))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('of folders in folders in folders, each the same, are given up', async () => {
    let tree = treeData(['100644', 'a', 'a'.repeat(40)]);
    const entries: Entry[] = [{ kind: 'tree', data: tree }];
    for (let depth = 0; depth < 20; depth += 1) {
      const below = nameOf('tree', tree);
      tree = treeData(...Array.from({ length: 50 }, (_, at): [string, string, string] => ['40000', `f${at}`, below]));
      entries.push({ kind: 'tree', data: tree });
    }
    const objects = await readPack(packOf(entries), LIMITS);
    const read = () => {
      for (const _ of filesBelow(objects, nameOf('tree', tree)));
    };
    expect(read).toThrow(expect.objectContaining({ failure: 'too-large' }));
  });
});

it('lines come whole, however they are cut, and nothing else passes for one', async () => {
  const sent = toPktLines('version 2', 'flush', 'a\nb', 'delimiter');
  const read = async (...pieces: Buffer[]): Promise<string[]> => {
    const found: string[] = [];
    for await (const line of pktLines(
      (async function* () {
        yield* pieces;
      })(),
    ))
      found.push(String(line));
    return found;
  };
  for (let at = 0; at <= sent.length; at += 1)
    expect(await read(sent.subarray(0, at), sent.subarray(at))).toEqual([
      'version 2\n',
      'flush',
      'a\nb\n',
      'delimiter',
    ]);
  for (const wrong of ['<html>', '0003', '000aabc', 'zzzz'])
    await expect(read(Buffer.from(wrong))).rejects.toMatchObject({ failure: 'away' });
});
