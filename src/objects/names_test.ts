/** The directory of names: one name, one object, as long as somebody has it; whatever the name, whoever is killed. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { kindsAreComplete } from "../family/care.ts";
import type { Family } from "../family/family.ts";
import { census, relatives } from "../family/testing.ts";
import { atEachStep, killedAt } from "../memory/testing.ts";
import { MisuseError } from "../errors/base.ts";
import { releaseHolder } from "./blocks.ts";
import { joinOrCreate, nameOf, unlinkName } from "./names.ts";
import { recovery } from "./recovery.ts";

kindsAreComplete(recovery);

const free = { objects: 0, parts: 0, inHands: 0 };

/** The object called `name`, made if there is none. */
function join(family: Family, name: string): number {
  return joinOrCreate(family, name, () => family.allocator.allocate(16), () => {});
}

/** That agent has it no more. */
function leave(family: Family, address: number): void {
  releaseHolder(family, { address, generation: family.allocator.generationOf(address) });
}

function pair(): [Family, Family] {
  return relatives(2) as [Family, Family];
}

test("the same name is the same object in every agent, and made once", () => {
  const [a, b] = pair(), checked: number[] = [];
  const address = join(a, "jobs");
  const found = joinOrCreate(b, "jobs", () => assert.fail("it is there"), (address) => checked.push(address));
  assert.equal(found, address);
  assert.deepEqual(checked, [address]);
  assert.notEqual(join(b, "job"), address);
  assert.deepEqual([nameOf(a, address), nameOf(b, address)], ["jobs", "jobs"]);
  leave(a, address);
  assert.equal(join(a, "jobs"), address, "the other has it still");
  leave(a, address);
  leave(b, address);
  assert.equal(census(a).objects, 1);
  assert.equal(nameOf(a, a.allocator.allocate(16)), undefined);
});

test("names that look alike are different, and come back as they were given", () => {
  const [a, b] = pair();
  const names = [
    "é",
    "e\u0301",
    "\ufeffx",
    "x",
    "\ufeff",
    " x",
    "x ",
    "X",
    "x\0",
    "\0",
    "名前",
    "👩‍👩‍👧",
    "👩",
    "x".repeat(70_000),
    "x".repeat(70_001),
    "/",
    "__proto__",
  ];
  const addresses = names.map((name) => join(a, name));
  assert.equal(new Set(addresses).size, names.length);
  for (const [i, name] of names.entries()) {
    assert.equal(join(b, name), addresses[i]);
    assert.equal(nameOf(b, addresses[i] as number), name);
  }
  for (const one of [a, b]) for (const address of addresses) leave(one, address);
  assert.deepEqual(census(a), free);
});

test("what can't be a name is refused at once", () => {
  const [a] = pair();
  for (const name of ["", 1, null, undefined, {}, "half \ud83d", "\udc00"]) {
    assert.throws(() => join(a, name as string), MisuseError, String(name));
  }
  assert.deepEqual(census(a), free);
});

test("names that share a bucket don't get in each other's way, whichever of them go", () => {
  // More than there are buckets, so that every removal finds neighbours before it or behind it.
  const [a, b] = pair(), count = 700;
  const addresses = Array.from({ length: count }, (_, i) => join(i % 2 === 0 ? a : b, `name ${i}`));
  const isLeft = (i: number) => i % 3 === 1;
  for (let i = 0; i < count; i++) if (!isLeft(i)) leave(i % 2 === 0 ? a : b, addresses[i] as number);
  for (let i = 0; i < count; i++) {
    if (isLeft(i)) {
      assert.equal(joinOrCreate(a, `name ${i}`, () => assert.fail(`name ${i} is lost`), () => {}), addresses[i]);
    }
  }
  for (let i = 0; i < count; i++) {
    if (isLeft(i)) { for (const one of [a, b]) leave(one, addresses[i] as number); }
  }
  assert.deepEqual(census(a), free);
});

test("however agents join and leave: a name leads to the object that its holders have", () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(2), fc.nat(5)), { maxLength: 80 });
  fc.assert(
    fc.property(steps, (steps) => {
      const agents = relatives(3), holders = new Map<string, Map<number, number>>();
      for (const [joins, who, which] of steps) {
        const family = agents[who] as Family, name = ["a", "b", "\ufeffa", "ä", "aa", "ab"][which] as string;
        const of = holders.get(name) ?? new Map<number, number>(), [known] = of.values();
        if (joins) {
          const address = join(family, name);
          assert.equal(address, known ?? address);
          of.set(who, address);
          holders.set(name, of);
        } else {
          const address = of.get(who);
          if (address === undefined) continue;
          leave(family, address);
          of.delete(who);
        }
        const living = [...holders.values()].filter(({ size }) => size > 0).length;
        assert.deepEqual(census(family), { objects: living, parts: living, inHands: 0 });
      }
    }),
    { numRuns: 60 },
  );
});

test("a name stays when somebody joins while it is about to go", () => {
  const [a, b] = pair(), address = join(a, "jobs");
  assert(!unlinkName(a, address, () => false));
  assert.equal(nameOf(b, address), "jobs");
  assert.equal(join(b, "jobs"), address);
  assert(unlinkName(a, address, () => true));
  assert(unlinkName(a, address, () => true), "it has none any more");
  assert.equal(nameOf(b, address), undefined);
  assert.notEqual(join(b, "jobs"), address, "the name is free, though the object is held");
});

test("one that isn't what the caller means isn't joined; one that can't be made leaves no name", () => {
  const [a, b] = pair();
  assert.throws(() => joinOrCreate(a, "jobs", () => assert.fail("no memory"), () => {}), /no memory/);
  assert.deepEqual(census(a), free);
  const address = join(a, "jobs");
  assert.throws(() => joinOrCreate(b, "jobs", () => 0, () => assert.fail("it is a lock")), /it is a lock/);
  leave(a, address);
  assert.deepEqual(census(a), free, "it was held by the first alone");
});

test("killed at any step of making, joining or leaving: a name leads to a whole object, or nowhere", () => {
  for (const what of ["make", "join", "leave"]) {
    for (const stays of [false, true]) {
      if (what === "make" && stays) continue; // nobody else can have it yet
      atEachStep((step) => {
        const [root, victim] = pair();
        const others = Array.from({ length: 3 }, (_, i) => join(root, `other ${i}`));
        let address = what === "make" ? 0 : join(victim, "jobs");
        if (stays) assert.equal(join(root, "jobs"), address);
        const isKilled = killedAt(step, () => {
          if (what === "leave") leave(victim, address);
          else join(victim, "jobs");
        });
        root.agents.declareDead(victim.self);
        recovery.recover(root, victim.self);
        const expected = 3 + Number(stays);
        assert.deepEqual(
          census(root),
          { objects: expected, parts: expected, inHands: 0 },
          `${what}, killed at ${step}`,
        );
        const now = join(root, "jobs");
        if (stays) assert.equal(now, address);
        address = now;
        assert.equal(nameOf(root, address), "jobs");
        for (const one of [address, ...others]) leave(root, one);
        assert.deepEqual(census(root), free);
        return isKilled;
      });
    }
  }
});
