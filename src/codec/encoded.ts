/** A value as bytes of which some still lie where the program has them: so the large ones are copied once only, to their place. */

/** The bytes of a value. Valid until the next is encoded, or the program goes on. */
export interface Encoded {
  /** All bytes, with those between the parts. */
  readonly length: number;
  /** The first ones. */
  readonly head: Uint8Array;
  /** The others, in order. What lies between is padding. */
  readonly parts: readonly Part[];
}

interface Part {
  /** From the first byte of all. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Bytes that are all in one place. */
export function inOnePlace(bytes: Uint8Array): Encoded {
  return { length: bytes.length, head: bytes, parts: [] };
}

/** Writes the bytes at `to[at]`; padding is zero. */
export function writeEncoded({ head, parts }: Encoded, to: Uint8Array, at: number): void {
  to.set(head, at);
  let end = head.length;
  for (const { offset, bytes } of parts) {
    to.fill(0, at + end, at + offset);
    to.set(bytes, at + offset);
    end = offset + bytes.length;
  }
}
