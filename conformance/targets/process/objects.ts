/** Targets for cases about Process objects and what a process knows about itself. */

import {
  type Connection,
  currentProcess,
  exit,
  getContext,
  getLogger,
  getStartMethod,
  isMainProcess,
  type Lock,
  type ParentProcess,
  parentProcess,
  type ProcessSettings,
  type Queue,
  task,
  type Value,
} from "../../../mod.ts";
import { AsyncLocalStorage, process, sleep } from "../../host.ts";
import { runtimeName } from "../../program.ts";
import { mp } from "../context.ts";

const here = () => getContext(getStartMethod());

/** Says that it runs, then stays until it is told to go. */
export async function waitForWord(end: Connection): Promise<void> {
  await end.send("runs");
  await end.recv();
}

/** Says that it runs, then throws when it is told to. */
export async function throwAtWord(end: Connection): Promise<void> {
  await waitForWord(end);
  throw new RangeError("nobody reads this");
}

/** Listens for SIGINT, then stays until it is told to go. */
export async function catchInterrupt(end: Connection<unknown, string>): Promise<void> {
  process.once("SIGINT", () => void end.send("caught"));
  await end.send("runs");
  await end.recv();
}

/** What it knows about itself and its parent. */
export async function describe(end: Connection): Promise<void> {
  const self = currentProcess(), parent: ParentProcess | null = parentProcess();
  await end.send({
    name: self.name,
    daemon: self.daemon,
    authkey: self.authkey,
    level: getLogger().level,
    runtime: runtimeName,
    isMain: isMainProcess(),
    method: getStartMethod(),
    parentLives: parent?.isAlive(),
    parentEnded: await parent?.join({ timeout: 1 }),
    active: here().activeChildren().length,
    child: new (here().Process)().daemon,
  });
}

/** Starts a child of its own, a daemon or not, and ends: `told` hears what the grandchild says and which end it came to. */
export async function nest(told: Queue<string>, daemon: boolean): Promise<void> {
  const child = new (here().Process)({ target: lastWord, args: [told, daemon], daemon });
  await told.put(child.name); // before its own word, however busy the machine is
  await child.start();
}

/** Starts a child that dies with the lock, and takes it then. */
export async function inherit(lock: Lock, told: Queue<string>): Promise<void> {
  const child = new (here().Process)({ target: dieWith, args: [lock, told] });
  await child.start();
  await told.get();
  child.kill();
  await child.join();
  await told.put(await lock.acquire({ timeout: 10_000 }) ? "inherited" : "lost");
  lock.release();
}

async function dieWith(lock: Lock, told: Queue<string>): Promise<void> {
  await lock.acquire();
  await told.put("taken");
  await sleep(60_000);
}

async function lastWord(told: Queue<string>, stay: boolean): Promise<void> {
  if (stay) await new Promise(() => setInterval(() => {}, 1000));
  await sleep(30);
  await told.put("grandchild is through");
}

/** Registers hooks, then ends in the way asked for. */
export async function endWithHooks(told: Queue<string>, how: string): Promise<void> {
  const self = currentProcess();
  self.onExit(async () => {
    await sleep(5);
    await told.put("first registered");
  });
  self.onExit(() => told.put("withdrawn"))[Symbol.dispose]();
  self.onExit(() => {
    if (how === "hooks throw") throw new Error("a hook's own error");
    return told.put("second registered");
  });
  if (how === "context") {
    const registrar = new AsyncLocalStorage<string>();
    registrar.run("the registrar's", () => self.onExit(() => told.put(`${registrar.getStore()} context`)));
  }
  if (how === "exit") exit(4);
  if (how === "caught exit") {
    try {
      exit(5);
    } catch {
      await told.put("caught");
    }
    await sleep(10_000);
  }
  if (how === "hang") self.onExit(() => new Promise(() => {}));
  if (how === "wait") {
    await told.put("runs");
    await new Promise(() => setInterval(() => {}, 1000));
  }
}

/** Takes the lock, and ends with it when it is told to; the end takes its time. */
export async function endSlowly(lock: Lock, done: Value, end: Connection): Promise<void> {
  process.on("exit", () => {
    for (const until = performance.now() + 700; performance.now() < until;);
    done.value = 1;
  });
  await lock.acquire();
  await waitForWord(end);
}

/** Tells its child by a hook to come to an end: hooks run before children are awaited. */
export async function tellByHook(told: Queue<string>): Promise<void> {
  const word = new (here().Queue)<string>();
  currentProcess().onExit(() => word.put("go"));
  await new (here().Process)({ target: passOn, args: [word, told], daemon: false }).start();
}

async function passOn(from: Queue<string>, to: Queue<string>): Promise<void> {
  await to.put(await from.get());
}

/** Allocates until there is no more memory. */
export function useUpMemory(): number {
  const all: unknown[] = [];
  for (;;) all.push(new Array(10_000).fill(all.length));
}

/** Which permissions this thread of Deno has. */
export async function askPermissions(end: Connection): Promise<void> {
  const { Deno } = globalThis as unknown as {
    Deno: { permissions: { query(what: { name: string }): Promise<{ state: string }> } };
  };
  const states: Record<string, string> = {};
  for (const name of ["read", "write", "net", "ffi"]) states[name] = (await Deno.permissions.query({ name })).state;
  await end.send(states);
}

for (
  const target of [
    waitForWord,
    throwAtWord,
    catchInterrupt,
    describe,
    nest,
    inherit,
    dieWith,
    lastWord,
    endWithHooks,
    endSlowly,
    tellByHook,
    passOn,
    useUpMemory,
    askPermissions,
  ]
) task(import.meta, target);

/** A subclass with fields of its own. */
export class Greeter extends mp.Process {
  greeting: unknown = "set by the class";
  readonly #secret = 1;
  readonly to: Queue<unknown>;

  constructor(to: Queue<unknown>, settings: ProcessSettings = {}) {
    super(settings);
    this.to = to;
  }

  /** Not a part of what travels. */
  ownSecret(): number {
    return this.#secret;
  }

  override async run(): Promise<void> {
    let secret = "travelled";
    try {
      this.ownSecret();
    } catch (error) {
      secret = (error as Error).name;
    }
    const started = await this.start().then(() => "started", (error: Error) => error.name);
    await this.to.put({
      greeting: this.greeting,
      secret,
      started,
      name: this.name,
      daemon: this.daemon,
      alive: this.isAlive(),
      samePid: this.pid === currentProcess().pid && this.ident === currentProcess().ident,
      exitcode: this.exitcode,
    });
    if (this.greeting === "exit") exit(6);
  }
}
