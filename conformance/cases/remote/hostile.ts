/** Peers that mean no good: the listener goes on serving, and nothing of theirs stays. */

import { assert, assertEquals, assertGreater, assertLess, assertStringIncludes } from "../../assert.ts";
import { Client, type Connection } from "../../../mod.ts";
import type { Case, Env } from "../../case.ts";
import { sleep, startProgram, until } from "../../host.ts";
import { type Address, type Kind, kinds, saidAddress } from "../../remote.ts";
import { below, many, within } from "../../scale.ts";
import { bareClient, cutOff, frame } from "../../sockets.ts";

const program = new URL("../../targets/remote/serve.ts", import.meta.url);
const [, TCP, TLS] = kinds as readonly [Kind, Kind, Kind];
const MIB = 1 << 20;

/** A program that serves, and a client that is content with it; it must end well. */
async function serving(
  env: Env,
  kind: Kind,
  limit: number,
  run: (address: Address, good: Connection) => Promise<void>,
) {
  const server = startProgram(env, program, { args: [JSON.stringify(kind.listener)], limit });
  const address = await saidAddress(server);
  const good = await Client<unknown>(address, kind.client);
  await run(address, good);
  await good.send("end");
  assertEquals(await good.recv(), "end");
  good.close();
  const { code, stdout, stderr } = await server.ended;
  assertEquals([code, stderr], [0, ""]);
  return stdout;
}

async function isServed(address: Address, kind: Kind): Promise<void> {
  const client = await within(Client<unknown>(address, kind.client), 5000, "a good client");
  await client.send({ good: [1n] });
  assertEquals(await within(client.recv(), 5000, "an answer"), { good: [1n] });
  client.close();
}

async function memory(good: Connection): Promise<number> {
  await good.send("memory");
  return await good.recv() as number;
}

const random = (length: number) => Uint8Array.from({ length }, () => below(256));
const digest = (length: number) => frame(new Uint8Array([...new TextEncoder().encode("{sha256}"), ...random(length)]));

/** What a peer sends instead of a handshake. */
const broken: readonly (() => Uint8Array)[] = [
  () => new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  () => random(1 + below(300)),
  () => frame(random(below(256))),
  () => frame(random(257 + below(1000))),
  () => digest(32),
  () => digest(below(200)),
  () => new Uint8Array([0x7f, 0xff, 0xff, 0xff, ...random(below(50))]),
  () => new Uint8Array([255, 255, 255, 255, ...random(8)]),
  () => new Uint8Array(70_000),
  () => new Uint8Array([0, 0, 0]),
  () => new Uint8Array(0),
  () => frame("#CHALLENGE#{sha256}0123456789012345678901234567890123456789"),
];

/** So many peers, some at a time, each with something broken; some leave at once, others wait to be cut off. */
async function attack(address: Address, peers: number): Promise<void> {
  let left = peers;
  const attacker = async () => {
    while (left-- > 0) {
      const socket = await bareClient(address).catch(() => undefined);
      if (socket === undefined) continue;
      const bytes = (broken[below(broken.length)] as () => Uint8Array)();
      socket.write(bytes);
      // What is no whole message would wait for the deadline.
      if (bytes.length < 4 || below(2) === 0) socket.end();
      const gone = cutOff(socket);
      await Promise.race([gone, sleep(50)]);
      socket.destroy();
      await gone;
    }
  };
  await Promise.all(Array.from({ length: 20 }, attacker));
}

/** The beginning of what would be a message, or a record of TLS, if it came in time. */
function slowly(kind: Kind): Uint8Array {
  const begun = new Uint8Array(100);
  begun.set(kind === TLS ? [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3] : [0, 0, 0, 200]);
  return begun;
}

async function sendIdlers(env: Env, kind: Kind): Promise<void> {
  await serving(env, kind, 60_000, async (address) => {
    const started = performance.now();
    const cut: number[] = [];
    let at = 0;
    const idle = await Promise.all(Array.from({ length: 200 }, () => bareClient(address)));
    const slow = await bareClient(address);
    const begun = slowly(kind);
    const feeding = setInterval(() => slow.write(begun.slice(at, ++at)), 700);
    for (const [index, socket] of [...idle, slow].entries()) cutOff(socket).then(() => cut.push(index));
    await isServed(address, kind);
    const more = await Promise.all(Array.from({ length: 250 }, () => bareClient(address)));
    await isServed(address, kind);
    // 451 have not authenticated, of 256 that may: the rest is gone at once.
    await until(() => cut.length >= 190, 5000, "those that are too many");
    assert(cut.every((index) => index < 200), "the oldest go first");
    await within(Promise.all([...idle, slow, ...more].map(cutOff)), 20_000, "a slow peer's end");
    clearInterval(feeding);
    const took = performance.now() - started;
    assertGreater(took, 9000);
    assertLess(took, 25_000);
    await isServed(address, kind);
  });
}

export const hostileCases: readonly Case[] = [
  ...[TCP, TLS].map((kind): Case => ({
    name: `hostile/${kind.name}: thousands of broken handshakes and frames; good clients are served, memory stays`,
    needs: ["process"],
    timeLimit: 60_000 + many(60_000),
    async run(env) {
      const stdout = await serving(env, kind, 60_000 + many(60_000), async (address, good) => {
        await attack(address, many(200));
        const before = await memory(good);
        for (let round = 0; round < 4; round++) {
          await attack(address, many(200));
          await isServed(address, kind);
        }
        const growth = await memory(good) - before;
        assertLess(growth, 40 * MIB, `the program grew by ${growth} bytes`);
      });
      assertStringIncludes(stdout, "refused");
    },
  })),
  {
    name: "hostile/idle and slow peers are cut off, the oldest first, and nobody else waits for them",
    needs: ["process"],
    timeLimit: 60_000,
    // Beside each other: what they wait for is the time that peers have.
    run: async (env) => void await Promise.all([TCP, TLS].map((kind) => sendIdlers(env, kind))),
  },
];
