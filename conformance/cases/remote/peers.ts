/** Connections with programs on other runtimes, and with CPython. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../assert.ts";
import { AuthenticationError, Client, type Connection, Listener, SerializationError } from "../../../mod.ts";
import type { Case, RuntimeName } from "../../case.ts";
import { type Program, pythonVersion, startProgram, startPython } from "../../host.ts";
import { authkey, type Kind, kinds, saidAddress } from "../../remote.ts";
import { difference, differenceElsewhere } from "../../same.ts";
import { within } from "../../scale.ts";
import { travelling } from "../../travelling.ts";

const peer = new URL("../../targets/remote/peer.ts", import.meta.url);
const python = new URL("../../targets/remote/peer.py", import.meta.url);
const runtimes: readonly RuntimeName[] = ["node", "bun", "deno"];
const LONG = 30_000;

/** Every value, and many small ones: sent and sent back; then it is told to end. */
async function exchange(connection: Connection): Promise<void> {
  for (const [what, make] of Object.entries(travelling)) {
    const value = make();
    await connection.send(value);
    assertEquals([what, differenceElsewhere(value, await connection.recv())], [what, undefined]);
  }
  const sending = (async () => {
    for (let n = 0; n < 500; n++) await connection.send(n);
  })();
  for (let n = 0; n < 500; n++) assertEquals(await connection.recv(), n);
  await sending;
  await connection.send(null);
}

async function endsWell(program: Program): Promise<void> {
  const { code, stderr } = await program.ended;
  assertEquals([code, stderr], [0, ""]);
}

/** What is exchanged with a program that listens, then with one that connects; both must end well. */
async function inBothRoles(
  listening: Program,
  connecting: (address: string) => Program,
  { client, listener }: Pick<Kind, "client" | "listener">,
  exchange: (connection: Connection) => Promise<void>,
): Promise<void> {
  const near = await Client<unknown>(await saidAddress(listening), client);
  await exchange(near);
  await endsWell(listening);
  near.close();
  const own = new Listener(listener), program = connecting(JSON.stringify(own.address));
  const accepted = await within(own.accept(), LONG, "the program");
  await exchange(accepted);
  await endsWell(program);
  for (const one of [accepted, own]) one.close();
}

/** What a CPython peer must be told. 3.12 and later don't need it. */
function pythonTerms(): { authkey: string; legacyDigest: boolean } {
  const [major = 0, minor = 0] = pythonVersion();
  return { authkey, legacyDigest: major === 3 && minor < 12 };
}

/** Bytes of each length, sent and sent back. */
async function exchangeBytes(connection: Connection, lengths: readonly number[]): Promise<void> {
  for (const length of lengths) {
    const sent = new Uint8Array(length);
    for (let at = 0; at < length; at++) sent[at] = at * 31 + (at >> 8);
    const [received] = await Promise.all([connection.recvBytes(), connection.sendBytes(sent)]);
    assert(received.length === length && received.every((byte, at) => byte === sent[at]), `${length} bytes`);
  }
}

/** Plain data that Python gives back as it was, then what ends it. */
async function exchangeValues(connection: Connection): Promise<void> {
  const values: unknown[] = [
    [null, true, 1, -1, 2 ** 31, 2 ** 52, 2n ** 64n, -(2n ** 2000n), 0.1, -0, Infinity, NaN],
    ["", "ä€😀", "\ud800", "x".repeat(100_000), new Uint8Array(0), new Uint8Array(70_000).fill(9)],
    { list: [[], [[1]]], tuple: Object.freeze([1, Object.freeze([])]), dict: { a: {}, "__proto__x": 1 } },
    new Map<unknown, unknown>([[1, "one"], [2.5, [1]], ["text", null], [false, new Set(["2"])]]),
    new Set([10n ** 20n]), // of several, Python has no order
    new Date(0),
    [new Date("2024-02-29T23:59:59.999Z"), new Date("0001-01-01T00:00:00Z"), new Date("9999-12-31T23:59:59Z")],
    Array.from({ length: 50_000 }, (_, n) => n),
    Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`key ${n}`, n / 7])),
  ];
  const loop: unknown[] = [values[0]];
  loop.push(loop, loop[0]);
  for (const value of [...values, loop]) {
    const sending = connection.send(value);
    assertEquals(difference(value, await connection.recv()), undefined);
    await sending;
  }
  await connection.send(null);
  assertEquals(await connection.recv(), null);
}

export const peerCases: readonly Case[] = [
  ...runtimes.flatMap((runtime) =>
    kinds.map((kind): Case => ({
      name: `remote/${kind.name}: with a program on ${runtime}, as its client and as its listener`,
      needs: ["process"],
      timeLimit: 60_000,
      async run(env) {
        const start = (...args: string[]) => startProgram(env, peer, { runtime, args, limit: LONG });
        const connecting = (address: string) => start("connect", JSON.stringify(kind.client), address);
        await inBothRoles(start("listen", JSON.stringify(kind.listener)), connecting, kind, exchange);
      },
    }))
  ),
  ...kinds.slice(0, 2).map((kind): Case => ({
    name: `remote/${kind.name}: bytes with CPython, as its client and as its listener`,
    needs: ["process", "python3"],
    timeLimit: 60_000,
    async run(env) {
      const terms = pythonTerms(), lengths = [1, 0x3fff, 0x4000, 0x4001, 70_000, 5 << 20];
      const place = JSON.stringify(kind.listener.address ?? `${env.tempDir}/python`);
      const start = (...args: string[]) => startPython(env, python, { args, limit: LONG });
      await inBothRoles(
        start("listen", authkey, place),
        (address) => start("connect", authkey, address),
        { client: terms, listener: { ...kind.listener, ...terms } },
        (connection) => exchangeBytes(connection, [...lengths, 0]),
      );
    },
  })),
  {
    name: "remote/pickles with CPython, as its client and as its listener: plain data there and back",
    needs: ["process", "python3"],
    timeLimit: 60_000,
    async run(env) {
      const terms = { ...pythonTerms(), serializer: "pickle" as const };
      const start = (...args: string[]) => startPython(env, python, { args: [...args, "values"], limit: LONG });
      await inBothRoles(
        start("listen", authkey, '["127.0.0.1", 0]'),
        (address) => start("connect", authkey, address),
        { client: terms, listener: terms },
        exchangeValues,
      );
    },
  },
  {
    name: "remote/pickles: what Python says of each type, and what is refused at either side",
    needs: ["process", "python3"],
    timeLimit: 60_000,
    async run(env) {
      const listener = new Listener({ ...pythonTerms(), serializer: "pickle" });
      const args = [authkey, JSON.stringify(listener.address)];
      const program = startPython(env, new URL("../../targets/remote/reprs.py", import.meta.url), {
        args,
        limit: LONG,
      });
      const server = await within(listener.accept(), LONG, "CPython");
      const types: [unknown, string][] = [
        [null, "None"],
        [undefined, "None"],
        [true, "True"],
        [5, "5"],
        [2 ** 40, "1099511627776"],
        [-(10n ** 25n), "-10000000000000000000000000"],
        [0.5, "0.5"],
        [-0, "-0.0"],
        ["ä\ud800", "'ä\\ud800'"],
        [new Uint8Array([1, 255]), "b'\\x01\\xff'"],
        [[1, [2]], "[1, [2]]"],
        [Object.freeze([1, 2]), "(1, 2)"],
        [{ a: 1, b: [] }, "{'a': 1, 'b': []}"],
        [new Map<unknown, unknown>([[1, "x"], [[2, 3], null]]), "{1: 'x', (2, 3): None}"],
        [new Set([1]), "{1}"],
        [new Set([new Set([1])]), "{frozenset({1})}"],
        [new Date(1234), "datetime.datetime(1970, 1, 1, 0, 0, 1, 234000, tzinfo=datetime.timezone.utc)"],
      ];
      for (const [value, repr] of types) {
        await server.send(value);
        assertEquals(await server.recv(), repr);
      }
      await server.send(Object.freeze(["give", 0]));
      for (
        const message of [
          "names collections.OrderedDict",
          "names types.SimpleNamespace",
          "names builtins.print",
          "names builtins.complex",
        ]
      ) {
        const error = await assertRejects(() => server.recv(), SerializationError);
        assertStringIncludes(error.message, message);
      }
      assertEquals(await server.recv(), [1, "goes on"]);
      const error = await assertRejects(() => server.send({ at: [() => {}] }), SerializationError);
      assertStringIncludes(error.message, "value.at[0] is a function");
      await server.send("end");
      assertEquals(await server.recv(), "'end'");
      await endsWell(program);
      for (const one of [server, listener]) one.close();
    },
  },
  {
    name: "remote/100 MiB to CPython and back",
    needs: ["process", "python3"],
    timeLimit: 120_000,
    async run(env) {
      const listener = new Listener({ ...pythonTerms(), address: ["127.0.0.1", 0] });
      const args = ["connect", authkey, JSON.stringify(listener.address)];
      const connecting = startPython(env, python, { args, limit: 100_000 });
      const server = await within(listener.accept(), LONG, "CPython");
      await exchangeBytes(server, [100 << 20, 0]);
      await endsWell(connecting);
      for (const one of [server, listener]) one.close();
    },
  },
  {
    name: "remote/CPython with another authkey, or its MD5 where that wasn't asked for: both ends say so",
    needs: ["process", "python3"],
    timeLimit: 60_000,
    async run(env) {
      const terms = pythonTerms();
      const refused = terms.legacyDigest ? [{ ...terms, authkey: "other" }, { authkey }] : [{ authkey: "other" }];
      for (const options of refused) {
        const listening = startPython(env, python, { args: ["listen", authkey, '["127.0.0.1", 0]'] });
        const address = await saidAddress(listening);
        await assertRejects(() => Client(address, options), AuthenticationError);
        const { stdout } = await listening.ended;
        // A client that doesn't do MD5 hangs up.
        assertStringIncludes(
          stdout,
          options.authkey === authkey ? "EOFError" : "AuthenticationError: digest received was wrong",
        );
        const listener = new Listener({ ...options, address: ["127.0.0.1", 0] });
        const connecting = startPython(env, python, { args: ["connect", authkey, JSON.stringify(listener.address)] });
        await assertRejects(() => within(listener.accept(), LONG, "CPython"), AuthenticationError);
        assertStringIncludes((await connecting.ended).stdout, "AuthenticationError: digest sent was rejected");
        listener.close();
      }
    },
  },
];
