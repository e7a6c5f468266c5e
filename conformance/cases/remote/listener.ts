/** Listener and Client: addresses, authentication, who is accepted and who isn't. */

import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects, assertThrows } from "../../assert.ts";
import {
  AuthenticationError,
  Client,
  type ClientOptions,
  ClosedError,
  EOFError,
  Listener,
  type ListenerOptions,
  MisuseError,
  ProcessError,
  TimeoutError,
} from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { filesIn, removeFolder, sleep, startProgram, until } from "../../host.ts";
import { authkey, kinds, link } from "../../remote.ts";
import { within } from "../../scale.ts";
import { bareClient, bareServer, cutOff, frame } from "../../sockets.ts";
import { helloFromChild, leaveListener } from "../../targets/remote/children.ts";

const program = (name: string) => new URL(`../../targets/remote/${name}.ts`, import.meta.url);

/** The `code` of the system's error that is the cause of one of ours. */
function systemCode(error: unknown): string | undefined {
  assertInstanceOf(error, ProcessError);
  assertEquals(error.code, "ERR_MP_CONNECTION");
  return (error.cause as { code?: string }).code;
}

export const listenerCases: readonly Case[] = [
  ...kinds.map(({ name, listener: options, client: terms }): Case => ({
    name: `listener/${name}: both ends talk; its address is known at once and remembered; nothing stays`,
    async run({ tempDir }) {
      const listener = new Listener(options), where = listener.address;
      assertEquals(listener.lastAccepted, null);
      if (name === "unix") {
        assert(typeof where === "string" && where.startsWith(tempDir) && filesIn(tempDir).length === 1);
      } else assert(Array.isArray(where) && where[0] === "127.0.0.1" && where[1] > 0);
      const accepting = listener.accept<string, number>();
      const client = await Client<number, string>(where, terms);
      const server = await accepting;
      await client.send("four");
      await server.send((await server.recv()).length);
      assertEquals(await client.recv(), 4);
      const { lastAccepted } = listener;
      if (name === "unix") assertEquals(lastAccepted, "");
      else assert(lastAccepted !== null && lastAccepted[0] === "127.0.0.1" && lastAccepted[1] !== where[1]);
      listener.close();
      listener.close();
      assertEquals(listener.address, where);
      assertEquals(filesIn(tempDir), []);
      await client.send("what was accepted goes on");
      assertEquals(await server.recv(), "what was accepted goes on");
      client.close();
      await assertRejects(() => server.recv(), EOFError, "everything is read");
      server.close();
      assertEquals([client.closed, server.closed], [true, true]);
      const error = await Client(where, terms).catch((failure: unknown) => failure);
      assertEquals(systemCode(error), name === "unix" ? "ENOENT" : "ECONNREFUSED");
    },
  })),
  {
    name: "listener/a path of one's own: the socket is there while it listens; an address in use says so",
    async run({ tempDir }) {
      const path = `${tempDir}/here`;
      const listener = new Listener({ address: path });
      assertEquals([listener.address, filesIn(tempDir)], [path, ["here"]]);
      assertEquals(systemCode(assertThrows(() => new Listener({ address: path }))), "EADDRINUSE");
      const client = await Client(path), server = await listener.accept();
      await client.sendBytes(new Uint8Array([1, 2]));
      assertEquals(await server.recvBytes(), new Uint8Array([1, 2]));
      for (const one of [client, server, listener]) one.close();
      assertEquals(filesIn(tempDir), []);
      const tcp = new Listener({ address: ["localhost", 0], authkey });
      assertEquals(systemCode(assertThrows(() => new Listener({ address: tcp.address, authkey }))), "EADDRINUSE");
      tcp.close();
      assertThrows(
        () => new Listener({ address: `${tempDir}/no/such/folder` }),
        ProcessError,
        "Cannot create a Listener",
      );
    },
  },
  ...kinds.map(({ name, listener: options, client: terms }): Case => ({
    name: `listener/${name}: another authkey is an AuthenticationError at both ends, and the listener goes on`,
    async run() {
      const listener = new Listener(options);
      const accepting = assertRejects(() => listener.accept(), AuthenticationError, "another authkey");
      await assertRejects(
        () => Client(listener.address, { ...terms, authkey: "other" }),
        AuthenticationError,
        "another authkey",
      );
      await accepting;
      // Nobody was accepting: the next call is told, once.
      for (let i = 0; i < 3; i++) {
        await assertRejects(
          () => Client(listener.address, { ...terms, authkey: new Uint8Array([1]) }),
          AuthenticationError,
        );
      }
      await assertRejects(() => listener.accept(), AuthenticationError);
      const connecting = Client(listener.address, { ...terms, authkey: new TextEncoder().encode(authkey) });
      const [server, client] = await Promise.all([listener.accept(), connecting]);
      for (const one of [client, server, listener]) one.close();
    },
  })),
  {
    name: "listener/only one of the two has an authkey: told, not waited for",
    async run() {
      const locked = new Listener({ authkey });
      const bare = await Client(locked.address);
      await assertRejects(() => bare.recv({ timeout: 5000 }), AuthenticationError, "wants an authkey");
      bare.close();
      locked.close();
      const open = new Listener();
      const connecting = assertRejects(
        () => Client(open.address, { authkey }),
        AuthenticationError,
        "doesn't ask for it",
      );
      const server = await open.accept();
      await server.send("welcome");
      await connecting;
      for (const one of [server, open]) one.close();
    },
  },
  {
    name: "listener/accept: a limit, a signal, several at once, and close() while they wait",
    async run() {
      const listener = new Listener({ authkey });
      await assertRejects(() => listener.accept({ timeout: 20 }), TimeoutError, "nobody came");
      const controller = new AbortController(), aborted = listener.accept({ signal: controller.signal });
      controller.abort(new Error("no more"));
      await assertRejects(() => aborted, Error, "no more");
      const accepting = [listener.accept<number>(), listener.accept<number>(), listener.accept<number>()];
      const clients = await Promise.all([1, 2, 3].map(async (n) => {
        const client = await Client<number>(listener.address, { authkey });
        await client.send(n);
        return client;
      }));
      const servers = await Promise.all(accepting);
      const got = await Promise.all(servers.map((server) => server.recv()));
      assertEquals(got.sort(), [1, 2, 3]);
      const waiting = assertRejects(() => listener.accept(), ClosedError, "is closed");
      listener.close();
      await waiting;
      await assertRejects(() => listener.accept(), ClosedError, "is closed");
      for (const one of [...clients, ...servers]) one.close();
    },
  },
  {
    name: "listener/clients that are authenticated wait for accept(), up to the backlog; the next is turned away",
    async run() {
      const listener = new Listener({ authkey, backlog: 2 });
      const clients = [
        await Client<string>(listener.address, { authkey }),
        await Client<string>(listener.address, { authkey }),
      ];
      for (const client of clients) await client.send("early");
      const third = await Client(listener.address, { authkey });
      await assertRejects(() => within(third.recv(), 5000, "turned away"), EOFError);
      for (let i = 0; i < 2; i++) {
        const server = await listener.accept<string>();
        assertEquals(await server.recv(), "early");
        server.close();
      }
      const waiting = await Client(listener.address, { authkey });
      listener.close();
      await assertRejects(() => within(waiting.recv(), 5000, "closed with its listener"), EOFError);
      for (const client of [...clients, third, waiting]) client.close();
    },
  },
  {
    name: "listener/what isn't safe, or is nonsense, is refused at once",
    async run({ tempDir }) {
      const refused: [ListenerOptions, RegExp][] = [
        [{ address: ["127.0.0.1", 0] }, /pass an authkey/],
        [{ address: ["0.0.0.0", 0], authkey }, /plaintext: true/],
        [{ address: ["", 0], authkey }, /plaintext: true/],
        [{ address: ["example.org", 0], authkey, plaintext: true }, /takes an IP address/],
        [{ authkey: "" }, /authkey is empty/],
        [{ authkey: 1 as never }, /authkey takes a string/],
        [{ address: "" }, /empty path/],
        [{ address: 6000 as never }, /takes the path of a unix socket, or/],
        [{ address: ["127.0.0.1"] as never, authkey }, /takes the path of a unix socket, or/],
        [{ legacyDigest: "md5" as never }, /legacyDigest is "md5"/],
        ["/tmp/socket" as never, /the options are "\/tmp\/socket"; pass { address: "\/tmp\/socket" }/],
        [["127.0.0.1", 0] as never, /the options are an array; pass { address: \[…\] }/],
        [{ serializer: "json" as never }, /serializer is "json", it takes "pickle"/],
      ];
      for (const [options, message] of refused) {
        const error = assertThrows(() => new Listener(options), MisuseError);
        assertMatch(error.message, message);
      }
      for (const port of [-1, 65_536, 1.5, NaN]) {
        assertThrows(() => new Listener({ address: ["127.0.0.1", port], authkey }), RangeError, "there is no port");
      }
      for (const backlog of [0, -1, 1.5]) assertThrows(() => new Listener({ backlog }), RangeError, "backlog");
      assertThrows(() => new Listener({ address: `${tempDir}/${"x".repeat(108)}` }), RangeError, "at most 107 bytes");
      await assertRejects(() => Client(["192.0.2.1", 6000], { authkey }), MisuseError, "plaintext: true");
      await assertRejects(() => Client(undefined as never), MisuseError, "takes the path of a unix socket");
      await assertRejects(() => Client(["127.0.0.1", 70_000]), RangeError, "there is no port");
      await assertRejects(() => Client(`${tempDir}/x`, authkey as never), MisuseError, 'pass { authkey: "secret" }');
      const all = new Listener({ address: ["0.0.0.0", 0], authkey, plaintext: true });
      const client = await Client(["127.0.0.1", all.address[1] as number], { authkey }), server = await all.accept();
      for (const one of [client, server, all]) one.close();
      assertEquals(filesIn(tempDir), []);
    },
  },
  {
    name: "client/a listener that says nothing, hangs up, or is none",
    async run() {
      const { server, address } = await bareServer(() => {});
      const options: ClientOptions = { authkey };
      await assertRejects(() => Client(address, { ...options, timeout: 30 }), TimeoutError, "nothing happened");
      const controller = new AbortController(), connecting = Client(address, { ...options, signal: controller.signal });
      await sleep(20);
      controller.abort(new Error("given up"));
      await assertRejects(() => connecting, Error, "given up");
      server.close();
      const answers: [Uint8Array, typeof AuthenticationError | typeof EOFError][] = [
        [new Uint8Array(0), EOFError],
        [frame("hello"), AuthenticationError],
        [frame("#CHALLENGE#"), AuthenticationError],
        [frame("#CHALLENGE#{sha1}0123456789012345678901234567890123456789"), AuthenticationError],
        [new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"), EOFError],
      ];
      for (const [bytes, expected] of answers) {
        const { server, address } = await bareServer((socket) => socket.end(bytes));
        await assertRejects(() => within(Client(address, options), 5000, "a strange listener"), expected);
        server.close();
      }
    },
  },
  {
    name: "listener/idle ones, their clients and peers don't keep a program alive; accept() and recv() do",
    needs: ["process"],
    async run(env) {
      const ended = await startProgram(env, program("idle"), { args: ["idle"] }).ended;
      assertEquals([ended.code, ended.stdout.trim(), ended.stderr], [0, "done", ""]);
      assertEquals(filesIn(env.tempDir), []);
      for (const what of ["accept", "recv"]) {
        const waiting = startProgram(env, program("idle"), { args: [what] });
        await until(() => waiting.stdout().includes("done"), 10_000, "the program's word");
        await sleep(300);
        assertEquals(await Promise.race([waiting.ended, "waits"]), "waits");
        waiting.kill("SIGTERM");
        await waiting.ended;
        for (const path of filesIn(env.tempDir)) assertMatch(path, /^mp-/); // SIGTERM ran nothing that could remove it
        for (const name of filesIn(env.tempDir)) removeFolder(`${env.tempDir}/${name}`);
      }
    },
  },
  {
    name: "listener/Deno: a permission that is missing is named, and nothing stays",
    needs: ["process", "deno"],
    async run(env) {
      const flags: [string, string[], string][] = [
        ["unix", ["--allow-sys"], "--allow-env"], // without any, node:child_process grants all
        ["unix", ["--allow-env"], "--allow-write"],
        ["unix", ["--allow-env", "--allow-read", "--allow-write"], "--allow-net"],
        ["unix", ["--allow-env", "--allow-read", "--allow-write", "--allow-net"], "they talk"],
        ["TCP", ["--allow-sys"], "--allow-net"],
        ["TCP", ["--allow-net"], "they talk"],
      ];
      for (const [kind, permissions, said] of flags) {
        const { stdout, stderr } = await startProgram(env, program("permitted"), { args: [kind], permissions }).ended;
        assertMatch(`${stdout}${stderr}`, new RegExp(`^(ERR_MP_CONNECTION .*)?${said}`, "s"));
      }
      assertEquals(filesIn(env.tempDir), []);
    },
  },
  {
    name: "listener/children talk to it: each by the family's authkey",
    async run({ mp }) {
      const listener = new Listener({ authkey: mp.currentProcess().authkey });
      const children = [1, 2].map((n) => new mp.Process({ target: helloFromChild, args: [listener.address, n] }));
      await Promise.all(children.map((child) => child.start()));
      const said: unknown[] = [];
      for (const _ of children) {
        const server = await listener.accept<{ n: number; map: Map<string, bigint> }, string>();
        const { n, map } = await server.recv();
        said.push([n, map.get("n")]);
        await server.send("bye");
        server.close();
      }
      assertEquals(said.sort(), [[1, 1n], [2, 2n]]);
      for (const child of children) assertEquals(await child.join(), 0);
      listener.close();
    },
  },
  {
    name: "listener/a child that ends with one open leaves nothing behind",
    async run({ mp, tempDir }) {
      for (const [how, code] of [["return", 0], ["exit", 3], ["throw", 1]] as const) {
        const child = new mp.Process({
          target: leaveListener,
          args: [how],
          ...(mp.startMethod === "process" && { stderr: "ignore" }),
        });
        await child.start();
        assertEquals([how, await child.join()], [how, code]);
        assertEquals([how, filesIn(tempDir)], [how, []]);
      }
    },
  },
  {
    name: "listener/bad peers are cut off, and accept() waits on for a good one",
    async run() {
      const listener = new Listener({ address: ["127.0.0.1", 0], authkey });
      const accepting = listener.accept<string>();
      const bad = [
        new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        new Uint8Array([255, 255, 255, 254]),
        frame("hello"),
        frame("{sha1}".padEnd(200, "x")),
        frame(new Uint8Array(257)),
        new Uint8Array([0x7f, 0xff, 0xff, 0xff, 1]),
      ];
      for (const bytes of bad) {
        const socket = await bareClient(listener.address);
        socket.write(bytes);
        await within(cutOff(socket), 5000, "a bad peer");
      }
      (await bareClient(listener.address)).destroy();
      const client = await Client<string>(listener.address, { authkey });
      await client.send("good");
      const server = await accepting;
      assertEquals(await server.recv(), "good");
      for (const one of [client, server, listener]) one.close();
    },
  },
  {
    name: "listener/a client that leaves before it is accepted reads as end-of-file",
    async run() {
      const { listener, client, server, close } = await link();
      const second = await Client(listener.address, { authkey });
      await second.send("last words");
      second.close();
      const accepted = await listener.accept();
      assertEquals(await accepted.recv(), "last words");
      await assertRejects(() => accepted.recv(), EOFError);
      accepted.close();
      await client.send(1);
      assertEquals(await server.recv(), 1);
      close();
    },
  },
];
