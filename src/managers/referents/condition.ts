/** The condition behind a ConditionProxy: calls that wait to be notified, under a lock. */

import { MisuseError } from "../../errors/base.ts";
import { engineOf } from "../../objects/face.ts";
import { ReferentEngine } from "../blocks.ts";
import type { Call } from "../call.ts";
import { Keeper } from "../kept.ts";
import { Line } from "./line.ts";
import { LockReferent } from "./lock.ts";
import type { CallMethods, Host, Methods, Referent } from "./referent.ts";

/** A condition, under a lock that has proxies of its own, or under an RLock that nobody else has. */
class ConditionReferent implements Referent {
  readonly #lock: LockReferent;
  /** Of a lock with proxies: keeps it. */
  readonly #keeper: Keeper | undefined;
  /** Each with how often it had acquired the lock. */
  readonly #line = new Line<number>();

  readonly methods: Methods;
  readonly callMethods: CallMethods;

  constructor(lock: LockReferent, keeper: Keeper | undefined) {
    this.#lock = lock;
    this.#keeper = keeper;
    this.methods = lock.methods;
    this.callMethods = {
      ...lock.callMethods,
      wait: (call: Call, waits: boolean) => this.#wait(call, waits),
      notify: (call: Call, n: number) => this.#notify(call.client, n),
    };
  }

  left(client: number): void {
    if (this.#keeper === undefined) this.#lock.left(client);
  }

  dispose(): void {
    this.#keeper?.close();
  }

  #wait(call: Call, waits: boolean): unknown {
    const lock = this.#lock;
    lock.ensureHeld(call.client, "wait for");
    const depth = lock.giveUp();
    if (!waits) return lock.takeAgain(call, depth, () => call.reply(false));
    return this.#line.add(call, depth, (why, leave) => {
      leave();
      if (why === "death") return;
      const aborted = new MisuseError("The wait was aborted"); // its client says the signal's reason
      lock.takeAgain(call, depth, () => why === "abort" ? call.fail(aborted) : call.reply(false));
    });
  }

  #notify(client: number, n: number): void {
    this.#lock.ensureHeld(client, "notify");
    for (let i = 0; i < n; i++) {
      const one = this.#line.shift();
      if (one === undefined) return;
      this.#lock.takeAgain(one.call, one.what, () => one.call.reply(true));
    }
  }
}

/** A new condition. */
export function conditionReferent(host: Host, lock: unknown): Referent {
  if (lock === undefined) return new ConditionReferent(new LockReferent(true), undefined);
  const proxy = engineOf(lock, ReferentEngine), referent = proxy && host.referentOf(proxy);
  if (proxy === undefined || !(referent instanceof LockReferent)) {
    throw new MisuseError("Cannot create a Condition: the lock is not one of this manager's");
  }
  return new ConditionReferent(referent, new Keeper(host.family, proxy.handle));
}
