/** One field of an encoded protobuf message. */
export interface Field {
  number: number;
  /** The value of a varint, fixed64 or fixed32 field. */
  value: bigint;
  /** The bytes of a length-delimited field; empty otherwise. */
  bytes: Uint8Array;
}

/** Splits a protobuf message into its fields. Throws if it is truncated or uses groups. */
export function* fields(message: Uint8Array): Generator<Field> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const empty = new Uint8Array(0);
  while (at < message.byteLength) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        yield { number, value: varint(), bytes: empty };
        break;
      case 1:
        yield { number, value: view.getBigUint64(at, true), bytes: empty };
        at += 8;
        break;
      case 2: {
        const length = Number(varint());
        if (at + length > message.byteLength) throw new Error('the protobuf message is truncated');
        yield { number, value: 0n, bytes: message.subarray(at, at + length) };
        at += length;
        break;
      }
      case 5:
        yield { number, value: BigInt(view.getUint32(at, true)), bytes: empty };
        at += 4;
        break;
      default:
        throw new Error(`protobuf wire type ${tag & 7} is not supported`);
    }
  }
}

/** The text of a length-delimited field. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The number in the eight little-endian bytes of a double, given as the field's fixed64 value. */
export function double(value: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, value);
  return view.getFloat64(0);
}
