/** Tests of lanes: what is written is read, in order and once, however often the area is gone round. */

import assert from "node:assert/strict";
import test from "node:test";
import { LANE_WORDS, LaneReader, LaneWriter } from "./lane.ts";

function lane() {
  const words = new Int32Array(new SharedArrayBuffer(LANE_WORDS * 4));
  return { words, writer: new LaneWriter(words), reader: new LaneReader(words, { method: "worker" }) };
}

function* read(reader: LaneReader): Generator<[number, unknown]> {
  while (reader.next()) {
    assert.equal(reader.error, undefined);
    yield [reader.task, reader.value];
  }
}

test("results arrive in order, many times round the area", () => {
  const { writer, reader } = lane();
  let written = 0, seen = 0;
  for (let round = 0; round < 400; round++) {
    for (let i = 0; i < 1 + round % 97; i++, written++) {
      assert(writer.add(written, { id: written, text: "x".repeat(written % 60), list: [written / 2, null, true] }));
    }
    assert(reader.isReady && writer.isDue());
    for (const [task, value] of read(reader)) {
      assert.equal(task, seen);
      assert.deepEqual(value, { id: seen, text: "x".repeat(seen % 60), list: [seen / 2, null, true] });
      seen++;
    }
    assert.equal(seen, written);
    assert(!reader.isReady && !writer.isDue());
  }
});

test("a full lane takes no more, loses nothing, and goes on when there is room", () => {
  for (let length = 0; length < 12; length++) {
    const { writer, reader } = lane(), text = "y".repeat(length * 5);
    let written = 0, seen = 0;
    for (let round = 0; round < 5; round++) {
      while (writer.add(written, text)) written++;
      assert(!writer.add(-1, text));
      // Half of it makes room; then all.
      for (let half = written - seen >> 1; half > 0; half--, seen++) {
        assert(reader.next());
        assert.deepEqual([reader.task, reader.value], [seen, text]);
      }
      while (writer.add(written, text)) written++;
      for (const [task, value] of read(reader)) assert.deepEqual([task, value], [seen++, text]);
      assert.equal(seen, written);
    }
  }
});

test("positions may pass 2 ** 31", () => {
  const { words, writer, reader } = lane();
  words[0] = words[16] = 0x7fff_ff00;
  const late = { writer: new LaneWriter(words), reader: new LaneReader(words, { method: "worker" }) };
  assert(!late.reader.isReady && !late.writer.isDue() && writer !== late.writer && reader !== late.reader);
  for (let i = 0; i < 1000; i++) {
    assert(late.writer.add(i, i));
    assert.deepEqual([...read(late.reader)], [[i, i]]);
  }
});

test("what is not small and plain goes another way", () => {
  const { writer, reader } = lane();
  for (const value of [undefined, 1n, new Date(0), new Map(), "z".repeat(2000), Array(100).fill(1)]) {
    assert(!writer.add(1, value));
  }
  assert(!reader.isReady);
});
