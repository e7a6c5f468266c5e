/** Messages over a stream: what comes together, what waits, what is left when it ends. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { EOFError } from "../errors/outcomes.ts";
import type { ByteStream, StreamEvents } from "../runtime/sockets.ts";
import { FramedStream } from "./framed_stream.ts";
import { headerOf } from "./framing.ts";

const LIMIT = 256;

/** A stream that the test feeds, and what was asked of it. */
function fed() {
  let events: StreamEvents | undefined;
  const asked: string[] = [];
  const stream: ByteStream = {
    peer: "",
    unsent: 0,
    listen: (given) => void (events = given),
    write: (_parts, done) => done(undefined),
    pause: () => void asked.push("pause"),
    resume: () => void asked.push("resume"),
    hold: () => void asked.push("hold"),
    release: () => void asked.push("release"),
    end: () => void asked.push("end"),
    destroy: () => void asked.push("destroy"),
  };
  const messages = (...lengths: number[]) =>
    new Uint8Array(lengths.flatMap((length) => [...headerOf(length), ...new Uint8Array(length)]));
  return {
    framed: (holds = true) => new FramedStream(stream, "it", LIMIT, holds),
    feedBytes: (bytes: Uint8Array) => events?.data(bytes),
    feed: (...lengths: number[]) => events?.data(messages(...lengths)),
    end: (reason?: Error) => events?.gone(reason),
    asked,
  };
}

test("what came with a handshake's last message may be longer than that", async () => {
  const { framed, feed, asked } = fed(), stream = framed();
  const last = stream.receive();
  feed(9, 100_000, 3);
  assert.equal((await last).length, 9);
  assert(asked.includes("pause"), "no more is read before it is trusted");
  stream.trust();
  assert.deepEqual(asked.filter((word) => /pause|resume/.test(word)), ["pause", "resume"]);
  assert.deepEqual([(await stream.receive()).length, (await stream.receive()).length], [100_000, 3]);
});

test("a longer message than the limit ends the link, also when somebody waits", async () => {
  const { framed, feed, asked } = fed(), stream = framed();
  const waiting = stream.receive();
  feed(LIMIT, LIMIT + 1);
  assert.equal((await waiting).length, LIMIT);
  await assert.rejects(stream.receive(), (error) => error instanceof EOFError && /257 bytes/.test(error.message));
  assert(asked.includes("destroy"));
  await assert.rejects(stream.send([new Uint8Array(1)]), EOFError);
});

test("reading pauses while a MiB lies unread, but never inside a message", async () => {
  const { framed, feed, feedBytes, asked } = fed(), stream = framed();
  stream.trust();
  for (let n = 0; n < 3; n++) feed(300_000);
  assert(!asked.includes("pause"));
  feed(300_000);
  assert.equal(asked.at(-1), "pause");
  await stream.receive();
  assert.equal(asked.at(-1), "resume");
  for (let n = 0; n < 3; n++) await stream.receive();
  feedBytes(headerOf(5 << 20));
  for (let n = 0; n < 4; n++) feedBytes(new Uint8Array(1 << 20));
  assert.equal(asked.at(-1), "resume");
  feedBytes(new Uint8Array(1 << 20));
  assert.equal(asked.at(-1), "pause");
  assert.equal((await stream.receive()).length, 5 << 20);
  assert.equal(asked.at(-1), "resume");
});

test("waits hold the process, unless nobody is trusted yet; what is there at the end is still received", async () => {
  const { framed, feed, end, asked } = fed(), stream = framed(false);
  const first = stream.receive();
  assert(!asked.includes("hold"));
  feed(1);
  await first;
  stream.trust();
  const second = stream.receive();
  assert.equal(asked.at(-1), "hold");
  feed(2, 3);
  assert.equal((await second).length, 2);
  assert.equal(asked.at(-1), "release");
  const polling = [stream.poll({ timeout: Infinity }), stream.poll()];
  assert.deepEqual(await Promise.all(polling), [true, true]);
  end(new Error("cut"));
  assert.equal((await stream.receive()).length, 3);
  await assert.rejects(stream.receive(), (error) => error instanceof EOFError && /cut/.test(String(error.cause)));
});
