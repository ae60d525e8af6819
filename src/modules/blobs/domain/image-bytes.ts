/** The bytes are not what their first ones say. */
export class Malformed extends Error {}

/** Reads bytes. What lies outside of them is `Malformed`. */
export class Bytes {
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  byte(at: number): number {
    return this.bytes[this.within(at, 1)]!;
  }

  /** Two bytes, the higher one first. */
  uint16(at: number): number {
    return this.view.getUint16(this.within(at, 2));
  }

  uint32(at: number): number {
    return this.view.getUint32(this.within(at, 4));
  }

  /** Two bytes, the lower one first. */
  uint16Low(at: number): number {
    return this.view.getUint16(this.within(at, 2), true);
  }

  uint24Low(at: number): number {
    return this.uint16Low(at) | (this.byte(at + 2) << 16);
  }

  uint32Low(at: number): number {
    return this.view.getUint32(this.within(at, 4), true);
  }

  /** Bytes as characters. */
  text(at: number, length: number): string {
    return String.fromCharCode(...this.bytes.subarray(this.within(at, length), at + length));
  }

  /** Where a byte is next; -1 = nowhere. */
  find(byte: number, from: number): number {
    return this.bytes.indexOf(byte, from);
  }

  private within(at: number, length: number): number {
    if (at < 0 || at + length > this.bytes.length) throw new Malformed('it ends too early');
    return at;
  }
}
