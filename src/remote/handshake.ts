/**
 * CPython's mutual handshake: each side proves that it has the key by an HMAC of the other's random challenge. As of 3.12 a
 * challenge names its digest, `#CHALLENGE#{sha256}` and 40 random bytes, and so does the answer, `{sha256}` and the HMAC of all
 * after `#CHALLENGE#`. Before, a challenge was 20 bytes without a name, and every answer a bare HMAC-MD5.
 */

import { AuthenticationError } from "../errors/outcomes.ts";
import { randomBytes } from "../base/random.ts";
import { TextEncoder } from "../base/originals.ts";
import { type DigestName, hmac, sameDigest } from "../runtime/hmac.ts";
import type { FramedStream } from "./framed_stream.ts";

/** No message of a handshake is longer: CPython's limit too. */
export const LONGEST_HANDSHAKE = 256;

const encoder = new TextEncoder();
const CHALLENGE = encoder.encode("#CHALLENGE#");
const WELCOME = encoder.encode("#WELCOME#");
const FAILURE = encoder.encode("#FAILURE#");
/** What we challenge with. */
const OUR_DIGEST = "sha256";
const RANDOM_BYTES = 40;
/** A challenge without a name has so many bytes, and an answer to any so many. */
const OLD_CHALLENGE = 20;
const OLD_ANSWER = 16;

/** Names of digests on the wire. */
const DIGESTS: ReadonlyMap<string, DigestName> = new Map<string, DigestName>([
  ["md5", "md5"],
  ["sha256", "sha256"],
  ["sha384", "sha384"],
  ["sha3_256", "sha3-256"],
  ["sha3_384", "sha3-384"],
]);
const LONGEST_NAME = Math.max(...[...DIGESTS.keys()].map((name) => name.length));

/** What a side of a handshake goes by. */
export interface Credentials {
  readonly key: Uint8Array;
  /** HMAC-MD5 is given, and taken. */
  readonly legacyDigest: boolean;
}

const wrongKeys = new WeakSet<object>();

/** Whether that error says that the peer answered, but with another key: else it is no peer of ours at all. */
export function isWrongKey(error: unknown): error is AuthenticationError {
  return wrongKeys.has(error as object);
}

function wrongKey(message: string): AuthenticationError {
  const error = new AuthenticationError(message);
  wrongKeys.add(error);
  return error;
}

const LEGACY = "pass legacyDigest: true to talk to CPython 3.11 and older";

/** The peer proves that it has the key. */
export async function challenge(stream: FramedStream, { key, legacyDigest }: Credentials, signal?: AbortSignal) {
  const message = joined(encoder.encode(`{${OUR_DIGEST}}`), randomBytes(RANDOM_BYTES));
  await stream.send([CHALLENGE, message], { signal });
  const answer = await stream.receive({ signal });
  const { digest, rest } = named(answer, OLD_ANSWER);
  const isLegacy = digest === "md5";
  if ((!isLegacy || legacyDigest) && sameDigest(rest, hmac(digest, key, message))) {
    await stream.send([WELCOME], { signal });
    return;
  }
  await stream.send([FAILURE], { signal });
  throw wrongKey(
    isLegacy && !legacyDigest
      ? `${prefix(stream)}: the peer answered with HMAC-MD5; ${LEGACY}`
      : `${prefix(stream)}: the peer has another authkey (digest received was wrong)`,
  );
}

/** Proves to the peer that we have the key. */
export async function respond(stream: FramedStream, { key, legacyDigest }: Credentials, signal?: AbortSignal) {
  const received = await stream.receive({ signal });
  if (!startsWith(received, CHALLENGE)) {
    throw new AuthenticationError(
      `${prefix(stream)}: the peer doesn't ask for it; its listener has no authkey, or is none`,
    );
  }
  const message = received.slice(CHALLENGE.length);
  const { digest, isNamed } = named(message, OLD_CHALLENGE);
  if (digest === "md5" && !legacyDigest) {
    throw new AuthenticationError(`${prefix(stream)}: the peer wants HMAC-MD5; ${LEGACY}`);
  }
  const code = hmac(digest, key, message);
  const name = isNamed ? message.subarray(0, message.indexOf(CLOSE) + 1) : new Uint8Array(0);
  await stream.send([name, code], { signal });
  const verdict = await stream.receive({ signal });
  if (startsWith(verdict, WELCOME) && verdict.length === WELCOME.length) return;
  throw wrongKey(`${prefix(stream)}: the peer has another authkey (digest sent was rejected)`);
}

/** Whether a message is what a listener with an authkey sends first. */
export function isChallenge(message: Uint8Array): boolean {
  return message.length <= LONGEST_HANDSHAKE && startsWith(message, CHALLENGE);
}

const OPEN = 0x7b; // {
const CLOSE = 0x7d; // }

/** The digest that a challenge or an answer names, and what comes after its name. Without a name, of that length: MD5. */
function named(message: Uint8Array, unnamed: number): { digest: DigestName; rest: Uint8Array; isNamed: boolean } {
  if (message.length === unnamed) return { digest: "md5", rest: message, isNamed: false };
  const end = message.subarray(0, LONGEST_NAME + 2).indexOf(CLOSE);
  const name = String.fromCharCode(...message.subarray(1, Math.max(end, 1)));
  const digest = message[0] === OPEN && end > 0 ? DIGESTS.get(name) : undefined;
  if (digest === undefined) {
    throw new AuthenticationError("Cannot authenticate: the peer names no digest that is known here");
  }
  return { digest, rest: message.subarray(end + 1), isNamed: true };
}

function prefix(stream: FramedStream): string {
  return `Cannot authenticate ${stream.title}`;
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, index) => byte === bytes[index]);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
