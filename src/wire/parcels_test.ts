/** What goes on while another agent is stopped in the middle of a change of the allocator: taking out, and letting go. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { census, objectOf, payloadOf, relatives } from "../family/testing.ts";
import type { Family } from "../family/family.ts";
import { hasBit } from "../memory/bitmap.ts";
import { H_HOLDERS, HEADER_WORDS, KIND_LOCK } from "../memory/layout.ts";
import { hold, releaseHolder } from "../objects/blocks.ts";
import type { Handle } from "../objects/messages.ts";
import { openMessage, packMessage, storeParcel } from "./parcels.ts";
import { type Frame, LARGE_FRAME } from "./ring.ts";

function heldBy(family: Family): Handle {
  const address = objectOf(family, 32, KIND_LOCK);
  return { address, generation: family.allocator.generationOf(address) };
}

function isHolder(family: Family, { address }: Handle): boolean {
  const { segment, at } = payloadOf(family, address);
  return hasBit(segment.i32, at - HEADER_WORDS + H_HOLDERS, family.self & 0xff);
}

/** A frame as the ring gives it, once its removal is committed. */
function frameWith(sender: Family, handle: Handle, size: number): Frame {
  const parcel = packMessage(sender, { handles: [handle], bytes: new Uint8Array(size) });
  storeParcel(sender, parcel);
  const { large, bytes, size: length } = parcel;
  const words = new Int32Array(LARGE_FRAME / 4);
  new Uint8Array(words.buffer).set(bytes);
  return { raw: false, bytes: new Uint8Array(words.buffer), size: length, words, large, left: 0 };
}

for (const size of [100, LARGE_FRAME + 1]) {
  test(`a message of ${size} bytes that was taken out is opened, with the objects in it`, async () => {
    const [sender, receiver, stopped] = relatives(3) as [Family, Family, Family];
    const handle = heldBy(sender), frame = frameWith(sender, handle, size);
    releaseHolder(sender, handle);
    stopped.allocator.still(() => {
      openMessage(receiver, frame, (bytes, [inside]) => {
        assert.equal(bytes.length, size);
        hold(receiver, inside as Handle);
      });
      assert(isHolder(receiver, handle));
    });
    // What a large one leaves behind is freed a moment later.
    await until(() => census(sender).inHands === 0);
    assert.deepEqual(census(sender), { objects: 1, parts: 0, inHands: 0 });
    releaseHolder(receiver, handle);
    assert.deepEqual(census(sender), { objects: 0, parts: 0, inHands: 0 });
  });
}

test("who holds an object lets go of it only where nobody asks whether it is used, and soon after", async () => {
  const [one, stopped] = relatives(2) as [Family, Family];
  const handle = heldBy(one);
  stopped.allocator.still(() => {
    releaseHolder(one, handle);
    assert(isHolder(one, handle), "it went while another looked at who has the object");
  });
  await until(() => census(one).objects === 0);
});

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !isSo();) {
    assert(Date.now() < end, "it never came to that");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
