/** One call as the server sees it, from the question to its one answer. */

import type { Withdrawal } from "./protocol.ts";

/** What a method returns that answers later, by reply() or fail(). */
export const LATER: unique symbol = Symbol("later");

/** Where answers go; see server.ts. */
export interface Answers {
  value(call: Call, value: unknown, giveBack?: GiveBack): void;
  error(call: Call, thrown: unknown): void;
}

/** Takes back what was given to a client that died before it read the answer. */
export type GiveBack = (value: unknown) => void;

/** A call that is to be answered, or is. */
export class Call {
  /** Who calls, by its owner id. */
  readonly client: number;
  readonly number: number;
  /** While it waits: ends the wait, after which it is answered (but for a client that has died). */
  withdraw: ((why: Withdrawal) => void) | undefined;
  readonly #answers: Answers;

  constructor(client: number, number: number, answers: Answers) {
    this.client = client;
    this.number = number;
    this.#answers = answers;
  }

  /** The method returns that. */
  reply(value: unknown, giveBack?: GiveBack): void {
    this.withdraw = undefined;
    this.#answers.value(this, value, giveBack);
  }

  /** The method throws that. */
  fail(thrown: unknown): void {
    this.withdraw = undefined;
    this.#answers.error(this, thrown);
  }
}
