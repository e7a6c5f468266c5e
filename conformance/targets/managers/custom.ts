/** Classes and functions of a program whose objects live on a manager's server. */

import { type DictProxy, type ListProxy, type Proxied, registerCodec, remoteOrigin, task } from "../../../mod.ts";

/** Has a codec that only its module registers. */
export class Sum {
  readonly of: number[];
  constructor(of: number[]) {
    this.of = of;
  }
}
registerCodec<Sum>(Sum, {
  name: "conformance Sum",
  encode: ({ of }) => of,
  decode: (of: number[]) => new Sum(of),
});

/** What a program may have on a server. */
export class Account {
  /** A field stays there. */
  readonly owner: string;
  #balance = 0;
  /** Iterations that have ended. */
  readonly #ended: string[] = [];

  constructor(owner: string, balance = 0) {
    if (balance < 0) throw new RangeError(`${balance} is too little`);
    this.owner = owner;
    this.#balance = balance;
  }

  deposit(amount: number): number {
    if (amount <= 0) throw new TypeError("Nothing to deposit");
    return this.#balance += amount;
  }

  async depositSlowly(amount: number): Promise<number> {
    const before = this.#balance;
    await new Promise((resolve) => setTimeout(resolve, 1));
    return this.#balance = before + amount;
  }

  add(sum: Sum): Sum {
    this.#balance = sum.of.reduce((a, b) => a + b, this.#balance);
    return new Sum([this.#balance]);
  }

  /** What can't travel. */
  secret(): () => void {
    return () => {};
  }

  history(): Map<string, number> {
    return new Map([["balance", this.#balance]]);
  }

  async *countdown(from: number): AsyncGenerator<number> {
    try {
      for (let n = from; n > 0; n--) {
        await Promise.resolve();
        yield n;
      }
      yield* [new Error("the end")].map((error) => {
        throw error;
      });
    } finally {
      this.#ended.push(`countdown ${from}`);
    }
  }

  *halves(of: number): Generator<number> {
    for (let n = of; n >= 1; n /= 2) yield n;
  }

  ended(): string[] {
    return this.#ended;
  }

  async fill(dict: DictProxy<string, number>, list: ListProxy<string>): Promise<void> {
    await dict.set(this.owner, this.#balance);
    await list.push(this.owner);
  }

  partner(owner: string): Account {
    return new Account(owner, this.#balance);
  }

  get balance(): number {
    return this.#balance;
  }

  _hidden(): string {
    return "hidden";
  }
}

/** Would be taken for a promise. */
export class Thenable {
  value(): number {
    return 5;
  }
}
Object.defineProperty(Thenable.prototype, "then", {
  value(): never {
    throw new Error("It must not be called");
  },
});

const one = new Account("everybody's", 5);

/** Gives the same object to all. */
export function theAccount(): Account {
  return one;
}

let isReady = false;

/** What a server does first. */
export function prepare(sum: Sum, fails: boolean): void {
  if (fails) throw new RangeError("Not prepared");
  isReady = sum instanceof Sum && sum.of.length === 2;
}

/** Only after prepare(). */
export function readiness(): { ready(): boolean } {
  return { ready: () => isReady };
}

/** No object. */
export function five(): number {
  return 5;
}

/** Uses an account from elsewhere; says of what process its errors are. */
export async function useAccount(account: Proxied<Account>, log: ListProxy<unknown>): Promise<void> {
  await log.push(await account.deposit(1));
  const numbers: number[] = [];
  for await (const n of await account.halves(4)) numbers.push(n);
  const error: unknown = await account.deposit(-1).catch((reason: unknown) => reason);
  await log.push(numbers, (error as Error).name, remoteOrigin(error) !== undefined);
}
task(import.meta, useAccount);
