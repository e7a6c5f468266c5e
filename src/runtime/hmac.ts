/** Keyed digests, and comparing them: Node's crypto, loaded when it is first used. */

import { builtin } from "./node_builtins.ts";

/** A digest's name, as `node:crypto` has it. */
export type DigestName = "md5" | "sha256" | "sha384" | "sha3-256" | "sha3-384";

/** HMAC of a message. */
export function hmac(digest: DigestName, key: Uint8Array, message: Uint8Array): Uint8Array {
  return builtin("node:crypto").createHmac(digest, key).update(message).digest();
}

/** Whether two digests are the same, in a time that doesn't tell where they differ. */
export function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && builtin("node:crypto").timingSafeEqual(a, b);
}
