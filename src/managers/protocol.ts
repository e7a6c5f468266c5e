/**
 * What a manager's server and its clients say to each other, as entries of batches (see wire/batch.ts): written and read here
 * only. In a batch the words of a message stay readable when its value isn't: then that one call fails, and nothing else.
 *
 * ```
 *                  word 0        word 1          word 2      value
 * to the server    the client    HELLO           0           the queue that takes the answers
 *                  the client    number of call  object      a MethodCall
 *                  the client    number of call  WITHDRAW    why
 * back             number        VALUE, ERROR    0           what came of it
 * ```
 *
 * A call that waits is answered like any other. Withdrawn, it is answered too, by what it comes to then; so each call has one
 * answer, whatever crosses what.
 */

import { RemoteError } from "../errors/outcomes.ts";
import { messageOf, textOf } from "../base/words.ts";
import type { Family } from "../family/family.ts";
import type { BatchQueue } from "../channels/batch_queue.ts";
import { BatchWriter, type Received } from "../wire/batch.ts";
import { LARGE_FRAME } from "../wire/ring.ts";

/** In place of the number of a call, which is above it: a client's first message. */
const HELLO = 0;
/** In place of an object, which is not below 0: that call shall wait no longer. */
const WITHDRAW = -1;
/** What a method returned, and what it threw. */
const VALUE = 0, ERROR = 1;
/** Numbers of calls begin anew after this. */
const LAST_CALL = 2 ** 31 - 1;

/** The object that is the server itself: its methods create objects. */
export const SERVER = 0;

/** What a client wants of an object. */
export interface MethodCall {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Why a call waits no longer: its time ran out, it was aborted, or its client has died (which no message says). */
export type Withdrawal = "timeout" | "abort" | "death";

/** The number of the call after that one; 0 is before the first. */
export function callAfter(number: number): number {
  return number % LAST_CALL + 1;
}

// ── to the server ──

/** Says where a client takes answers. */
export function addHello(batch: BatchWriter, client: number, replies: BatchQueue): void {
  batch.add(client, HELLO, 0, replies, "replies");
}

export function addCall(batch: BatchWriter, client: number, number: number, object: number, call: MethodCall): void {
  batch.add(client, number, object, call, "call");
}

export function addWithdrawal(batch: BatchWriter, client: number, number: number, why: Withdrawal): void {
  batch.add(client, number, WITHDRAW, why, "why");
}

export function isHello(entry: Received): boolean {
  return entry.word1 === HELLO;
}

export function isWithdrawal(entry: Received): boolean {
  return entry.word2 === WITHDRAW;
}

/** The client, by its owner id, that says something. */
export function clientIn(entry: Received): number {
  return entry.word0;
}

/** The number of a call, which goes into its answer. */
export function callIn(entry: Received): number {
  return entry.word1;
}

/** The object that a call is of. */
export function objectIn(entry: Received): number {
  return entry.word2;
}

// ── back ──

export function addValue(batch: BatchWriter, number: number, value: unknown): void {
  batch.add(number, VALUE, 0, value, "result");
}

export function addError(batch: BatchWriter, number: number, thrown: unknown): void {
  batch.addThrown(number, ERROR, 0, thrown);
}

/** The number of the call that is answered. */
export function answeredIn(entry: Received): number {
  return entry.word0;
}

/** Whether an answer says what was thrown. */
export function isThrown(entry: Received): boolean {
  return entry.word1 === ERROR;
}

/** Sends batches; the writer of one is kept for the next, since making it takes a good part of what a call takes. */
export class Outbox {
  readonly #family: Family;
  #spare: BatchWriter | undefined;

  constructor(family: Family) {
    this.#family = family;
  }

  /** An empty batch, which nobody else writes: that may run code which sends something else meanwhile. */
  begin(): BatchWriter {
    const batch = this.#spare ?? new BatchWriter(this.#family);
    this.#spare = undefined;
    return batch;
  }

  /** Puts a batch that began here into a queue; `onLost` is told why one that was kept for a while can't be put after all. */
  send(batch: BatchWriter, queue: BatchQueue, onLost: (error: unknown) => void): void {
    queue.send(batch, onLost);
    if (batch.length > LARGE_FRAME) return;
    batch.clear();
    this.#spare = batch;
  }
}

/** What is answered to a call for what went wrong around it. */
export function failure(what: string, cause: unknown): RemoteError {
  return new RemoteError(`${what}: ${messageOf(cause)}`, textOf(cause));
}
