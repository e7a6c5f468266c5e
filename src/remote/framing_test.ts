/** Messages come out of a stream as they went in, however it was cut, and nothing that is announced is believed. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { FrameReader, FramingError, headerOf } from "./framing.ts";

const frame = (message: Uint8Array) => new Uint8Array([...headerOf(message.length), ...message]);
const long = (message: Uint8Array) => {
  const header = new DataView(new ArrayBuffer(12));
  header.setInt32(0, -1);
  header.setBigUint64(4, BigInt(message.length));
  return new Uint8Array([...new Uint8Array(header.buffer), ...message]);
};
const joined = (parts: readonly Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));

function all(reader: FrameReader, limit = Infinity): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let next = reader.shift(limit); next !== undefined; next = reader.shift(limit)) messages.push(next.slice());
  return messages;
}

const messages = [new Uint8Array([1, 2, 3]), new Uint8Array(0), new Uint8Array(300).map((_, i) => i)];

test("messages cut at each byte are whole, with the short and the long header", () => {
  const bytes = joined([frame(messages[0] as Uint8Array), ...messages.map(long), ...messages.map(frame)]);
  const expected = [messages[0], ...messages, ...messages];
  for (let cut = 0; cut <= bytes.length; cut++) {
    const reader = new FrameReader();
    reader.push(bytes.slice(0, cut));
    const first = all(reader);
    reader.push(bytes.slice(cut));
    assert.deepEqual([...first, ...all(reader)], expected, `cut at ${cut}`);
    assert.equal(reader.bytes, 0);
    assert(!reader.isInside);
  }
  const reader = new FrameReader(), bytewise: Uint8Array[] = [];
  for (const byte of bytes) {
    reader.push(new Uint8Array([byte]));
    bytewise.push(...all(reader));
  }
  assert.deepEqual(bytewise, expected);
});

test("any messages, cut anywhere, taken at any time", () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 30 });
  fc.assert(fc.property(sizes, fc.array(fc.integer({ min: 0, max: 200 })), fc.boolean(), (lengths, cuts, late) => {
    const sent = lengths.map((length, n) => new Uint8Array(length).fill(n + 1));
    const bytes = joined(sent.map((message, n) => n % 3 === 0 ? long(message) : frame(message)));
    const reader = new FrameReader(), got: Uint8Array[] = [];
    let at = 0;
    for (const cut of [...cuts, bytes.length]) {
      reader.push(bytes.slice(at, at + cut));
      at += cut;
      if (!late) got.push(...all(reader));
    }
    assert.deepEqual([...got, ...all(reader)], sent);
  }));
});

test("the header is as CPython's, up to and from 2 GiB on", () => {
  assert.deepEqual([...headerOf(5)], [0, 0, 0, 5]);
  assert.deepEqual([...headerOf(0x7fffffff)], [0x7f, 0xff, 0xff, 0xff]);
  assert.deepEqual([...headerOf(0x80000000)], [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0x80, 0, 0, 0]);
});

test("what is too long, or no length, is refused before its bytes come; the limit may change between messages", () => {
  for (
    const header of [
      headerOf(257),
      headerOf(2 ** 40),
      new Uint8Array([0x80, 0, 0, 0]),
      new Uint8Array([255, 255, 255, 254]),
    ]
  ) {
    const reader = new FrameReader();
    reader.push(header);
    assert.throws(() => reader.isReady(256), FramingError);
    assert.throws(() => reader.shift(256), FramingError);
  }
  const reader = new FrameReader();
  reader.push(joined([frame(new Uint8Array(256)), frame(new Uint8Array(5000))]));
  assert.equal(reader.shift(256)?.length, 256);
  assert.equal(reader.shift(10_000)?.length, 5000);
});
