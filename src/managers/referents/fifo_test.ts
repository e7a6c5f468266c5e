/** Tests of the list behind a manager's queue. */

import assert from "node:assert/strict";
import test from "node:test";
import { Fifo } from "./fifo.ts";

test("it is as an array is, whatever is done at its ends", () => {
  const fifo = new Fifo<number>(), array: number[] = [];
  for (let i = 0; i < 5000; i++) {
    const what = Math.floor(Math.random() * 5);
    if (what < 2) array.push(i), fifo.push(i);
    else if (what === 2) array.unshift(i), fifo.unshift(i);
    else if (array.length > 0) assert.equal(fifo.shift(), array.shift());
    assert.equal(fifo.length, array.length);
    if (i % 500 === 499) assert.deepEqual(fifo.takeAll(), array.splice(0));
  }
});
