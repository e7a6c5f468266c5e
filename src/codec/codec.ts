/** Values to bytes and back: the front of this layer. */

import { ProcessError } from "../errors/base.ts";
import { SerializationError } from "../errors/outcomes.ts";
import { messageOf } from "../base/words.ts";
import { isPlain } from "./plain.ts";
import { type Encoded, inOnePlace, writeEncoded } from "./encoded.ts";
import { flatten } from "./graph/flatten.ts";
import { GRAPH, GRAPH_HEADER, NUMBERS, PLAIN, PLAIN_HEADER, SPARED, SPARED_HEADER, VERSION } from "./format.ts";
import { pack, unpack } from "./msgpack.ts";
import { packNumbers, unpackNumbers } from "./numbers.ts";
import { malformed } from "./refusal.ts";
import type { Link } from "./registry.ts";
import { restore } from "./graph/restore.ts";
import { writeSmall } from "./small_writer.ts";

export { markOrigin, type Origin, remoteOrigin } from "./graph/errors.ts";
export { isUnregistered } from "./graph/registered.ts";
export { type Encoded, inOnePlace, writeEncoded } from "./encoded.ts";
export { VERSION } from "./format.ts";
export { decodeSmall, unread } from "./small_reader.ts";
export { type Codec, type Link, registerCodec, registerShareable, shareable, type ShareableType } from "./registry.ts";

/** No message is longer than this. */
const MAX_MESSAGE_BYTES: number = 2 ** 31 - 1;

const ALIGNMENT = 8;

/**
 * The bytes of a value. They may be a view of a scratch buffer, valid only until the next call: copy them, or be done with
 * them. `root` names the value in errors: `args[0].cb is a function`.
 *
 * Arrive as they were, with shared identity and cycles, at any depth: primitives but symbols; plain objects (also without
 * prototype), arrays (also with holes), Map, Set, Date, RegExp with its lastIndex, boxed primitives, URL, URLSearchParams,
 * ArrayBuffer (resizable or not), typed arrays, DataView, builtin errors, DOMException, the errors of this package,
 * shareables, and instances of classes with a codec.
 *
 * - Of an ArrayBuffer travels the range that the views of it in the message span together; all of it, if it is itself in
 *   the message or resizable. Views that shared it go on sharing it.
 * - A node Buffer arrives as a Uint8Array with an ArrayBuffer of its own, since the pool that it is a part of stays here.
 * - An error of a class without a codec arrives as the builtin class that it extends if that has the same `name`, else as an
 *   Error of that name. Its `stack` is the one of where it was made. Hidden symbols and a method `toString` of it stay here.
 * - A frozen, sealed or otherwise read-only object arrives as an ordinary one, that can be written to.
 * - A Proxy of a plain object or an array arrives as what it yields, an accessor among the elements of an array likewise.
 *
 * Everything else is refused with a SerializationError that names its path, and so is what would be lost of these: accessors,
 * symbol keys, properties that are not enumerable, extra properties (of arrays, Maps, Dates …), subclasses of builtin classes
 * and of the shared ones of this package.
 */
export function encode(value: unknown, link: Link, root = "value"): Uint8Array {
  return joined(encodeInParts(value, link, root));
}

/** As encode, but what ArrayBuffers contain isn't copied yet. */
export function encodeInParts(value: unknown, link: Link, root = "value"): Encoded {
  try {
    const numbers = encodeNumbers(value);
    const encoded = numbers !== undefined
      ? inOnePlace(numbers)
      : isPlain(value)
      ? inOnePlace(encodePlain(value))
      : encodeGraph(value, link, root).encoded;
    if (encoded.length > MAX_MESSAGE_BYTES) throw tooLong(root, encoded.length);
    return encoded;
  } catch (error) {
    throw error instanceof ProcessError ? error : failure(`Cannot encode ${root}`, error);
  }
}

/**
 * As encode, of an object. What it takes a codec or a shared object of the receiver to read has `spare()`, another message, with
 * it: decode() reads that if it fails to read the first.
 */
export function encodeWithSpare(object: object, link: Link, root: string, spare: () => Uint8Array): Uint8Array {
  try {
    const { encoded, isMade } = encodeGraph(object, link, root);
    if (encoded.length > MAX_MESSAGE_BYTES) throw tooLong(root, encoded.length);
    if (!isMade) return joined(encoded);
    const first = joined(encoded).slice(),
      second = spare(),
      both = new Uint8Array(SPARED_HEADER + first.length + second.length);
    writeHeader(both, SPARED, first.length);
    both.set(first, SPARED_HEADER);
    both.set(second, SPARED_HEADER + first.length);
    return both;
  } catch (error) {
    throw error instanceof ProcessError ? error : failure(`Cannot encode ${root}`, error);
  }
}

/**
 * As encode, at `into[start]`, for nearly all values that fit there. Returns where the bytes end; -1 = encode() must do it.
 * `bare`: the value is an array of which nothing but the elements counts: what else it has isn't looked for.
 */
export function encodeSmall(value: unknown, into: Uint8Array, start: number, bare = false): number {
  into[start] = VERSION;
  into[start + 1] = PLAIN;
  try {
    return writeSmall(value, into, start + PLAIN_HEADER, bare);
  } catch {
    return -1; // a Proxy or a getter threw: encode() says where
  }
}

/** The value that encode() made these bytes of. Keeps nothing of them: they may be overwritten afterwards. */
export function decode(bytes: Uint8Array, link: Link): unknown {
  if (bytes.length > MAX_MESSAGE_BYTES) throw tooLong("the message", bytes.length);
  const [version, form] = bytes;
  if (version !== VERSION) {
    throw new SerializationError(
      version === undefined
        ? "Cannot decode the message: it is empty"
        : `Cannot decode the message: its format has the version ${version}, but this process understands version ${VERSION}`,
    );
  }
  try {
    if (form === SPARED) return decodeSpared(bytes, link);
    if (form === PLAIN) return unpack(bytes, PLAIN_HEADER, bytes.length);
    if (form === GRAPH) return decodeGraph(bytes, link);
    if (form === NUMBERS) return unpackNumbers(bytes);
  } catch (error) {
    throw error instanceof ProcessError ? error : failure("Cannot decode the message", error);
  }
  throw new SerializationError(`Cannot decode the message: there is no form ${form}`);
}

function encodeNumbers(value: unknown): Uint8Array | undefined {
  const bytes = packNumbers(value);
  if (bytes === undefined) return undefined;
  bytes[0] = VERSION;
  bytes[1] = NUMBERS;
  return bytes;
}

function encodePlain(value: unknown): Uint8Array {
  const bytes = pack(value, PLAIN_HEADER);
  bytes[0] = VERSION;
  bytes[1] = PLAIN;
  return bytes;
}

function encodeGraph(value: unknown, link: Link, root: string): { encoded: Encoded; isMade: boolean } {
  const { slots, buffers, isMade } = flatten(value, link, root);
  const contents = buffers.place();
  const head = pack(slots, GRAPH_HEADER);
  writeHeader(head, GRAPH, head.length - GRAPH_HEADER);
  if (contents.parts.length === 0) return { encoded: inOnePlace(head), isMade };
  const start = aligned(head.length);
  const parts = contents.parts.map(({ bytes, offset }) => ({ bytes, offset: start + offset }));
  return { encoded: { length: start + contents.length, head, parts }, isMade };
}

function joined(encoded: Encoded): Uint8Array {
  if (encoded.parts.length === 0) return encoded.head;
  const bytes = new Uint8Array(encoded.length);
  writeEncoded(encoded, bytes, 0);
  return bytes;
}

function writeHeader(bytes: Uint8Array, form: number, length: number): void {
  bytes.set([VERSION, form, 0, 0, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff]);
}

function lengthInHeader(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(4);
}

function decodeSpared(bytes: Uint8Array, link: Link): unknown {
  const end = SPARED_HEADER + lengthInHeader(bytes), second = bytes.subarray(end);
  // Never one in another: that would be no message of ours, and may be nested as deep as it is long.
  if (second[1] === SPARED) throw malformed("its spare has a spare");
  try {
    return decodeGraph(bytes.subarray(SPARED_HEADER, end), link);
  } catch {
    return decode(second, link);
  }
}

function decodeGraph(bytes: Uint8Array, link: Link): unknown {
  const end = GRAPH_HEADER + lengthInHeader(bytes);
  const slots = unpack(bytes, GRAPH_HEADER, Math.min(end, bytes.length));
  return restore(slots, bytes.subarray(aligned(end)), link);
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

function tooLong(what: string, length: number): SerializationError {
  return new SerializationError(`${what} is too long: ${length} bytes, at most ${MAX_MESSAGE_BYTES} can travel`);
}

/** An error that wasn't foreseen: of msgpackr, of a malformed message, of a stack that is nearly full. */
function failure(what: string, cause: unknown): SerializationError {
  return new SerializationError(`${what}: ${messageOf(cause)}`, { cause });
}
