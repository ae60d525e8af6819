/** The fields of a message by their numbers, each as often as it occurs: numbers, or bytes that mean what they may. */
export type Fields = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

/** Reads the wire format of Protocol Buffers, as much of it as OTLP uses. */
export function readMessage(bytes: Buffer): Fields {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => bytes.subarray(at, (at += length));
  while (at < bytes.length) {
    const tag = Number(varint());
    const value = () => {
      switch (tag & 7) {
        case 0:
          return varint();
        case 1:
          return take(8).readBigUInt64LE();
        case 2:
          return take(Number(varint()));
        case 5:
          return BigInt(take(4).readUInt32LE());
        default:
          throw new Error(`no such wire type: ${tag & 7}`);
      }
    };
    const number = tag >> 3;
    fields.set(number, [...(fields.get(number) ?? []), value()]);
  }
  return fields;
}

export const messagesIn = (fields: Fields, number: number): Fields[] =>
  (fields.get(number) ?? []).map((each) => readMessage(each as Buffer));

export const textIn = (fields: Fields, number: number, encoding: 'utf8' | 'hex' = 'utf8'): string =>
  (fields.get(number)?.[0] as Buffer | undefined)?.toString(encoding) ?? '';

export const numberIn = (fields: Fields, number: number): bigint =>
  (fields.get(number)?.[0] as bigint | undefined) ?? 0n;
