/** The handshake of both sides, as CPython's: with the right and the wrong key, with old peers, and with what is no peer. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { AuthenticationError, EOFError } from "../errors/outcomes.ts";
import { challenge, type Credentials, isWrongKey, LONGEST_HANDSHAKE, respond } from "./handshake.ts";
import { FramedStream } from "./framed_stream.ts";
import { streamPair } from "./testing.ts";

const text = (value: string) => new TextEncoder().encode(value);
const credentials = (key: string, legacyDigest = false): Credentials => ({ key: text(key), legacyDigest });

/** Two ends, between which bytes go in pieces of at most so many. */
function framedPair(piece?: number): [FramedStream, FramedStream] {
  const [a, b] = streamPair(piece);
  return [new FramedStream(a, "a", LONGEST_HANDSHAKE, true), new FramedStream(b, "b", LONGEST_HANDSHAKE, true)];
}

/** Both sides, a listener's and a client's, and what came of each. */
async function shake(listener: Credentials, client: Credentials, piece?: number) {
  const [a, b] = framedPair(piece);
  const side = async (stream: FramedStream, steps: (() => Promise<void>)[]) => {
    try {
      for (const step of steps) await step();
      return undefined;
    } catch (error) {
      stream.close();
      return error;
    }
  };
  return await Promise.all([
    side(a, [() => challenge(a, listener), () => respond(a, listener)]),
    side(b, [() => respond(b, client), () => challenge(b, client)]),
  ]);
}

test("the same key: both are content; another: both say so; in whatever pieces it comes", async () => {
  for (const piece of [1, 2, 5, 63, 1000]) {
    assert.deepEqual(await shake(credentials("k"), credentials("k"), piece), [undefined, undefined]);
    const errors = await shake(credentials("k"), credentials("K"), piece);
    for (const error of errors) assert(error instanceof AuthenticationError && isWrongKey(error));
  }
});

/** A peer that answers a challenge in its own way. */
async function answering(listener: Credentials, answer: (challenge: Uint8Array) => Uint8Array) {
  const [a, b] = framedPair();
  const judged = challenge(a, listener).then(() => undefined, (error: unknown) => error);
  const received = await b.receive();
  assert.match(String.fromCharCode(...received.subarray(0, 19)), /^#CHALLENGE#\{sha256\}$/);
  assert.equal(received.length, 11 + 8 + 40);
  await b.send([answer(received.subarray(11))]);
  const error = await judged;
  a.close();
  return { error, verdict: String.fromCharCode(...await b.receive().catch(() => new Uint8Array(0))) };
}

const md5 = (key: string, message: Uint8Array) => new Uint8Array(createHmac("md5", key).update(message).digest());
const named = (digest: string, node: string, message: Uint8Array) =>
  new Uint8Array([...text(`{${digest}}`), ...createHmac(node, "k").update(message).digest()]);

test("an answer by HMAC-MD5, as CPython 3.11 gives, is good only where that was asked for", async () => {
  const old = await answering(credentials("k"), (message) => md5("k", message));
  assert(isWrongKey(old.error));
  assert.match((old.error as Error).message, /legacyDigest/);
  assert.equal(old.verdict, "#FAILURE#");
  assert(isWrongKey((await answering(credentials("k"), (message) => named("md5", "md5", message))).error));
  const asked = await answering(credentials("k", true), (message) => md5("k", message));
  assert.deepEqual([asked.error, asked.verdict], [undefined, "#WELCOME#"]);
  assert(isWrongKey((await answering(credentials("k", true), (message) => md5("K", message))).error));
});

test("an answer may use another digest of CPython's; an unknown one is none", async () => {
  for (const [digest, node] of [["sha384", "sha384"], ["sha3_256", "sha3-256"], ["sha3_384", "sha3-384"]] as const) {
    assert.equal((await answering(credentials("k"), (message) => named(digest, node, message))).error, undefined);
  }
  const bad = [
    text(""),
    text("{sha256}"),
    text("{sha1}12345678901234567890"),
    text("{"),
    text("{}"),
    new Uint8Array(256),
  ];
  for (const answer of bad) {
    const { error } = await answering(credentials("k"), () => answer);
    assert(error instanceof AuthenticationError);
  }
  const cut = await answering(credentials("k"), (message) => named("sha256", "sha256", message).subarray(0, 39));
  assert(isWrongKey(cut.error));
});

/** A listener that challenges in its own way; what we answer. */
async function challenged(client: Credentials, message: Uint8Array) {
  const [a, b] = framedPair();
  const responding = respond(b, client).then(() => undefined, (error: unknown) => error);
  await a.send([text("#CHALLENGE#"), message]);
  const answer = await Promise.race([a.receive(), responding]);
  return { answer, responding, listener: a };
}

test("a challenge of CPython 3.11 is answered only where that was asked for; what is no challenge never", async () => {
  const old = new Uint8Array(20).fill(7);
  const refused = await challenged(credentials("k"), old);
  assert(refused.answer instanceof AuthenticationError);
  assert.match(refused.answer.message, /legacyDigest/);
  const { answer, responding, listener } = await challenged(credentials("k", true), old);
  assert.deepEqual(answer, md5("k", old));
  await listener.send([text("#WELCOME#")]);
  assert.equal(await responding, undefined);
  const [a, b] = framedPair();
  const responded = respond(b, credentials("k", true));
  await a.send([text("hello")]);
  await assert.rejects(responded, AuthenticationError);
  assert((await challenged(credentials("k", true), new Uint8Array(5))).answer instanceof AuthenticationError);
});

test("messages of more than 256 bytes end it, and so does hanging up", async () => {
  const [a, b] = framedPair();
  const judged = assert.rejects(
    challenge(a, credentials("k")),
    (error) => error instanceof EOFError && /257/.test(error.message),
  );
  await b.receive();
  await b.send([new Uint8Array(257)]);
  await judged;
  const [c, d] = framedPair();
  const abandoned = assert.rejects(challenge(c, credentials("k")), EOFError);
  await d.receive();
  d.close();
  await abandoned;
});
