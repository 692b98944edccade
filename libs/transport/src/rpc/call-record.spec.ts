import { describe, expect, it } from 'vitest';
import { WireSecrets } from '../redis';
import { RecordReader } from './call-record';
import { requestContext } from './wire';

const secrets = new WireSecrets(['the secret key of this test']);
const NOW = 1_794_000_000_000;

function reader(service = 'chat', redisNow: () => number | undefined = () => NOW): RecordReader {
  return new RecordReader({ service, secrets, requireSigned: false, redisNow });
}

function signed(changes: object = {}): string[] {
  const record = { i: 'p.1', p: 'chat.x', b: 5_000, u: { kind: 'anonymous' }, a: NOW, d: { n: 1 }, ...changes };
  const json = JSON.stringify(record);
  return ['r', json, 'h', secrets.sign(requestContext('chat'), json)];
}

describe('a signed record', () => {
  it('is good for the service that it names', () => {
    expect(reader().read(signed())).toMatchObject({ record: { d: { n: 1 } }, isSigned: true });
    expect(reader('config').read(signed())).toEqual({ malformed: 'signature forged' });
  });

  it.each([-700_000, 700_000])(
    'is refused as a replay %d ms apart from Redis’s clock, but not while that is unknown',
    (apart) => {
      expect(reader().read(signed({ a: NOW + apart }))).toEqual({ malformed: 'signed long ago' });
      expect(reader('chat', () => undefined).read(signed({ a: NOW + apart }))).toMatchObject({ isSigned: true });
      expect(reader().read(signed({ a: NOW + apart / 10 }))).toMatchObject({ isSigned: true });
    },
  );

  it('accepts any process name', () => {
    const i = 'gateway of pod/1 (Zürich)-00ff.1z';
    expect(reader().read(signed({ i }))).toMatchObject({ record: { i } });
  });

  it('does not accept an encrypted request of another service', () => {
    const z = secrets.seal(requestContext('chat'), '{"n":2}');
    const asSealed = (fields: string[]): string[] => ['s', ...fields.slice(1)];
    expect(reader().read(asSealed(signed({ d: undefined, z })))).toMatchObject({ record: { d: { n: 2 } } });
    const foreign = secrets.seal(requestContext('config'), '{"n":2}');
    for (const wrong of [foreign, 'v1.x', ''])
      expect(reader().read(asSealed(signed({ d: undefined, z: wrong })))).toEqual({ malformed: 'cannot be opened' });
    expect(reader().read(asSealed(signed()))).toEqual({ malformed: 'cannot be opened' });
  });
});
