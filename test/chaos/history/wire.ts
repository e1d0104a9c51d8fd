/**
 * The protobuf wire format, as far as objects in etcd need it: fields by number, without a schema.
 *
 * @module
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** One message: its fields by number, in the order in which they came. */
export class Message {
  readonly #bytes = new Map<number, Uint8Array[]>();
  readonly #integers = new Map<number, number>();

  /** @throws {Error} for what is no message. */
  constructor(bytes: Uint8Array) {
    const reader = new Reader(bytes);
    while (!reader.isAtEnd) this.#take(reader);
  }

  /** Whether a field of this number and of length-delimited type is there. */
  has(field: number): boolean {
    return this.#bytes.has(field);
  }

  /** Text of a field; empty when it is absent, as protobuf has it. */
  text(field: number): string {
    return Buffer.from(this.#bytes.get(field)?.at(-1) ?? []).toString('utf8');
  }

  /** Value of a field; 0 when it is absent, as protobuf has it. */
  integer(field: number): number {
    return this.#integers.get(field) ?? 0;
  }

  /** The bytes of a field; empty when it is absent. */
  bytes(field: number): Uint8Array {
    return this.#bytes.get(field)?.at(-1) ?? new Uint8Array();
  }

  /** The message in a field; an empty one when it is absent. */
  message(field: number): Message {
    return new Message(this.bytes(field));
  }

  /** The messages of a repeated field. */
  messages(field: number): Message[] {
    return (this.#bytes.get(field) ?? []).map((bytes) => new Message(bytes));
  }

  /** A map from text to text. */
  texts(field: number): Record<string, string> {
    return Object.fromEntries(this.messages(field).map((entry) => [entry.text(1), entry.text(2)]));
  }

  #take(reader: Reader): void {
    const key = reader.varint();
    const field = Math.floor(key / 8);
    switch (key % 8) {
      case VARINT:
        this.#integers.set(field, reader.varint());
        return;
      case BYTES: {
        const bytes = reader.bytes(reader.varint());
        const known = this.#bytes.get(field);
        if (known === undefined) this.#bytes.set(field, [bytes]);
        else known.push(bytes);
        return;
      }
      case FIXED64:
        reader.bytes(8);
        return;
      case FIXED32:
        reader.bytes(4);
        return;
      default:
        throw new Error(`wire type ${key % 8} of field ${field} is none that Kubernetes writes`);
    }
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Exact up to 2^53; negative numbers come out as large positive ones. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new Error('the message ends within a number');
      this.#at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  bytes(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Error('the message ends within a field');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}
