/** Objects of the program's own on a manager's server. */

import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects, assertThrows } from "../../assert.ts";
import { type DictProxy, MisuseError, type Proxied, RemoteError, remoteOrigin } from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { until } from "../../host.ts";
import {
  Account,
  five,
  prepare,
  readiness,
  Sum,
  theAccount,
  Thenable,
  useAccount,
} from "../../targets/managers/custom.ts";
import { runAll } from "../sync/children.ts";
import { withManager } from "./with_manager.ts";

export const managerCustomCases: readonly Case[] = [
  {
    name: "manager/custom: methods of a class's object, their results and errors, here and in a child",
    run: (env) =>
      withManager(env.mp, async (manager) => {
        const account = await manager.create(Account, "ada", 10), log = await manager.list<unknown>();
        assertEquals([await account.deposit(5), (await account.history()).get("balance")], [15, 15]);
        assertEquals(await account.add(new Sum([1, 2])), new Sum([18]));
        const slow = await Promise.all([account.depositSlowly(1), account.depositSlowly(1)]);
        assertEquals(slow, [19, 19]); // both were under way at a time
        const error = await assertRejects(() => account.deposit(0), TypeError, "Nothing to deposit");
        assertEquals(remoteOrigin(error)?.pid, env.mp.activeChildren()[0]?.pid);
        assertMatch(error.stack ?? "", /deposit/);
        const dict = await manager.dict<string, number>();
        await account.fill(dict, log as never); // the server is its own client
        assertEquals([await dict.get("ada"), await log.copy()], [19, ["ada"]]);
        await runAll(env, useAccount, [[account, log]]);
        assertEquals(await log.copy(), ["ada", 20, [4, 2, 1], "TypeError", true]);
        await dict.set("account", account as never); // a reference in a container
        const back = await (dict as DictProxy<string, unknown>).get("account") as Proxied<Account>;
        assert(back === account);
        assertEquals(await back.deposit(1), 21);
      }),
  },
  {
    name: "manager/custom: only what is exposed can be called",
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const account = await manager.create(Account, "ada") as unknown as Record<string, () => Promise<unknown>>;
        for (const name of ["_hidden", "balance", "owner", "nothing", "#balance", "__lookupGetter", "caller"]) {
          await assertRejects(() => account[name]?.() as Promise<unknown>, RemoteError, `Cannot call ${name}`);
        }
        for (const name of ["then", "toJSON"]) assertEquals(account[name], undefined);
        for (const name of ["hasOwnProperty", "valueOf", "toString"]) {
          assert(!(account[name]?.() as unknown instanceof Promise), `${name} is every object's own`);
        }
        assertEquals(await (await manager.create(Thenable)).value(), 5);
        assertMatch(`${account}`, /^<proxy/);
        assertThrows(() => {
          account["deposit"] = () => Promise.resolve();
        }, TypeError);
        const secret = await assertRejects(() => account["secret"]?.() as Promise<unknown>, RemoteError);
        assertMatch(secret.message, /Cannot send the result: result is a function/);
        assertMatch((secret as RemoteError).remoteStack, /SerializationError/);
        const refused = await assertRejects(() => manager.create(Account, "ada", -1), RemoteError);
        assertMatch(refused.message, /Cannot create a Account: RangeError: -1 is too little/);
        await assertRejects(() => manager.create(class Nowhere {}), Error);
      }),
  },
  {
    name: "manager/custom: generators go on where they are, and end with their readers",
    timeLimit: 30_000,
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const account = await manager.create(Account, "ada"), seen: number[] = [];
        const error = await assertRejects(
          async () => {
            for await (const n of await account.countdown(3)) seen.push(n);
          },
          Error,
          "the end",
        );
        assertEquals([seen, remoteOrigin(error)?.pid], [[3, 2, 1], mp.activeChildren()[0]?.pid]);
        for await (const n of await account.countdown(10)) if (n < 9) break;
        assertEquals(await account.ended(), ["countdown 3", "countdown 10"]);
        const left = await account.countdown(20);
        assertEquals(await left.next(), { done: false, value: 20 });
        (left as unknown as Disposable)[Symbol.dispose](); // the last proxy
        await until(async () => (await account.ended()).length === 3, 10_000, "the end of the generator");
        const halves = await account.halves(8);
        assertEquals([await halves.next(), await halves.return(5 as never)], [
          { done: false, value: 8 },
          { done: true, value: 5 as never },
        ]);
        assertEquals(await halves.next(), { done: true, value: undefined });
      }),
  },
  {
    name: "manager/custom: registered types, by name and as methods, with what their methods return",
    run: async ({ mp }) => {
      class Bank extends mp.BaseManager {
        declare account: (owner: string, balance?: number) => Promise<Proxied<Account>>;
        declare common: () => Promise<Proxied<Account>>;
      }
      const methodToTypeid = { history: "dict", partner: "account" };
      Bank.register("account", { callable: Account, exposed: ["deposit", "history", "partner"], methodToTypeid });
      Bank.register("common", { callable: theAccount });
      Bank.register("number", { callable: five });
      Bank.register("bare");
      const bank = new Bank({ shutdownTimeout: 5000 });
      await assertRejects(() => bank.create("account"), MisuseError, "not started");
      await bank.start();
      try {
        const account = await bank.account("ada", 3);
        assertEquals(await account.deposit(1), 4);
        await assertRejects(() => account.ended(), RemoteError, "no such method");
        const history = await account.history() as unknown as DictProxy<string, number>;
        assertEquals(await history.increment("balance"), 5);
        const partner = await account.partner("bob") as unknown as Proxied<Account>;
        assertEquals(await partner.deposit(1), 5);
        const [first, second] = [await bank.common(), await bank.create<Account>("common")];
        await first.deposit(1);
        assertEquals(await second.deposit(1), 7); // the same object
        assert(first === second);
        await assertRejects(() => bank.create("number"), TypeError, "no object");
        await assertRejects(() => bank.create("bare"), MisuseError, "without a callable");
        await assertRejects(() => bank.create("nothing"), MisuseError, "was not registered");
        await assertRejects(() => bank.create(5 as never), MisuseError);
      } finally {
        await bank.shutdown();
      }
      for (const name of ["start", "shutdown", "toString", "", 5 as never]) {
        assertThrows(() => Bank.register(name, { callable: Account }), MisuseError, "Cannot register");
      }
      assertThrows(() => mp.SyncManager.register("dict", { callable: Account }), MisuseError, "a member of that name");
      for (const exposed of [["constructor"], ["__proto__"], ["then"], [Symbol.iterator as never]]) {
        assertThrows(() => Bank.register("x", { callable: Account, exposed }), MisuseError, "can't be exposed");
      }
      assertThrows(() => Bank.register("x", { methodToTypeid: { a: "y" } }), MisuseError, "isn't known");
    },
  },
  {
    name: "manager/custom: an initializer runs first; what it throws is what start() rejects with",
    run: async ({ mp }) => {
      const manager = new mp.BaseManager();
      await manager.start({ initializer: prepare, initargs: [new Sum([1, 2]), false] });
      const object = await manager.create<{ ready(): boolean }>("missing").catch(() => undefined);
      assertEquals(object, undefined);
      await manager.shutdown();
      class Ready extends mp.SyncManager {}
      Ready.register("readiness", { callable: readiness });
      const ready = new Ready();
      await ready.start({ initializer: prepare, initargs: [new Sum([1, 2]), false] });
      assert(await (await ready.create<ReturnType<typeof readiness>>("readiness")).ready());
      assertEquals(await (await ready.dict({ a: 1 })).size(), 1);
      await ready.shutdown();
      const failing = new Ready();
      const error = await assertRejects(
        () => failing.start({ initializer: prepare, initargs: [new Sum([]), true] }),
        RangeError,
      );
      assertInstanceOf(error, RangeError);
      assertEquals(mp.activeChildren(), []);
      await assertRejects(() => failing.start(), MisuseError, "shut down already");
    },
  },
];
