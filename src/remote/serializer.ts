/** How the values of a connection become bytes: in this package's own form, or as Python's pickles. */

import { decode, encodeInParts, type Link, writeEncoded } from "../codec/codec.ts";

/** Values to bytes, and back. */
export interface Serializer {
  /** Bytes that nobody else has. Throws SerializationError. */
  encode(value: unknown): Uint8Array;
  /** Keeps nothing of the bytes. Throws SerializationError. */
  decode(bytes: Uint8Array): unknown;
}

/** What has no meaning elsewhere, as handles of shared objects, can't leave. */
const outside: Link = { method: undefined };

const own: Serializer = {
  encode(value) {
    const encoded = encodeInParts(value, outside);
    const bytes = new Uint8Array(encoded.length);
    writeEncoded(encoded, bytes, 0);
    return bytes;
  },
  decode: (bytes) => decode(bytes, outside),
};

/** The one of that name; none: this package's own. Few programs talk to Python: what reads pickles is loaded for those. */
export async function serializerOf(name: "pickle" | undefined): Promise<Serializer> {
  if (name === undefined) return own;
  const { pickle, unpickle } = await import("../pickle/pickle.ts");
  return { encode: pickle, decode: unpickle };
}
