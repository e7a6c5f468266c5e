/** Assertions with the names and signatures of `@std/assert`, over `node:assert`. */

import nodeAssert from "node:assert";
import { AssertionError } from "node:assert";

export { AssertionError };

/** A class, also an abstract one. */
// deno-lint-ignore no-explicit-any -- any class at all
type AnyClass<T = any> = abstract new (...args: any[]) => T;

function suffix(message: string | undefined): string {
  return message === undefined ? "" : `: ${message}`;
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === "bigint") return `${value}n`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

/** Runs a comparison of node:assert; puts `message` in front of what it says. */
function compare(message: string | undefined, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (message === undefined || !(error instanceof AssertionError)) throw error;
    const { actual, expected, operator } = error;
    throw new AssertionError({ message: `${message}\n${error.message}`, actual, expected, operator });
  }
}

/** Fails, always. */
export function fail(message?: string): never {
  throw new AssertionError({ message: `Failed assertion${suffix(message)}` });
}

/** Fails where the program must never come. */
export function unreachable(reason?: string): never {
  throw new AssertionError({ message: `Unreachable${suffix(reason)}` });
}

/** Fails unless `expression` is truthy. */
export function assert(expression: unknown, message = ""): asserts expression {
  if (!expression) throw new AssertionError({ message });
}

/** Fails unless `expression` is falsy. */
export function assertFalse(expression: unknown, message = "Expected a falsy value"): void {
  if (expression) throw new AssertionError({ message });
}

/** Fails unless the two are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  compare(message, () => nodeAssert.deepStrictEqual(actual, expected));
}

/** Fails if the two are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  compare(message, () => nodeAssert.notDeepStrictEqual(actual, expected));
}

/** Fails unless the two are the same (`Object.is`). */
export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T {
  compare(message, () => nodeAssert.strictEqual(actual, expected));
}

/** Fails if the two are the same (`Object.is`). */
export function assertNotStrictEquals<T>(actual: T, expected: T, message?: string): void {
  compare(message, () => nodeAssert.notStrictEqual(actual, expected));
}

/** Fails if `actual` is null or undefined. */
export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) fail(`Expected a value, got ${actual}${suffix(message)}`);
}

/** Fails unless `actual` is an instance of `type`. */
export function assertInstanceOf<T extends AnyClass>(
  actual: unknown,
  type: T,
  message?: string,
): asserts actual is InstanceType<T> {
  if (!(actual instanceof type)) {
    fail(`Expected an instance of ${type.name}, got ${show(actual)}${suffix(message)}`);
  }
}

/** Fails if `actual` is an instance of `type`. */
export function assertNotInstanceOf<A, T>(actual: A, type: AnyClass<T>, message?: string): void {
  if (actual instanceof type) fail(`Expected no instance of ${type.name}, got ${show(actual)}${suffix(message)}`);
}

/** Fails unless `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  if (!expected.test(actual)) fail(`Expected ${show(actual)} to match ${expected}${suffix(message)}`);
}

/** Fails if `actual` matches `expected`. */
export function assertNotMatch(actual: string, expected: RegExp, message?: string): void {
  if (expected.test(actual)) fail(`Expected ${show(actual)} not to match ${expected}${suffix(message)}`);
}

/** Fails unless `actual` includes `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  if (!actual.includes(expected)) fail(`Expected ${show(actual)} to include ${show(expected)}${suffix(message)}`);
}

/** Fails unless every one of `expected` is deeply equal to some one of `actual`. */
export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, message?: string): void {
  const missing = Array.from(expected).filter((one) => !Array.from(actual).some((other) => equal(one, other)));
  if (missing.length > 0) fail(`Expected ${show(actual)} to include ${show(missing)}${suffix(message)}`);
}

/** Whether the two are deeply equal. */
export function equal(a: unknown, b: unknown): boolean {
  try {
    nodeAssert.deepStrictEqual(a, b);
    return true;
  } catch {
    return false;
  }
}

/** Fails unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, message?: string): void {
  if (!(actual > expected)) fail(`Expected ${show(actual)} > ${show(expected)}${suffix(message)}`);
}

/** Fails unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void {
  if (!(actual >= expected)) fail(`Expected ${show(actual)} >= ${show(expected)}${suffix(message)}`);
}

/** Fails unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, message?: string): void {
  if (!(actual < expected)) fail(`Expected ${show(actual)} < ${show(expected)}${suffix(message)}`);
}

/** Fails unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void {
  if (!(actual <= expected)) fail(`Expected ${show(actual)} <= ${show(expected)}${suffix(message)}`);
}

/** Fails unless the two differ by at most `tolerance` (default: a ten-millionth of `expected`). */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, message?: string): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (!(Math.abs(expected - actual) <= allowed)) {
    fail(`Expected ${actual} to be ${expected} ± ${allowed}${suffix(message)}`);
  }
}

/** Fails unless `error` is an error of the class, whose message includes the text. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  // deno-lint-ignore no-explicit-any -- any class at all
  errorClass?: abstract new (...args: any[]) => E,
  messageIncludes?: string | RegExp,
  message?: string,
): asserts error is E {
  if (!(error instanceof Error)) fail(`Expected an Error, got ${show(error)}${suffix(message)}`);
  if (errorClass !== undefined && !(error instanceof errorClass)) {
    fail(`Expected an error of class ${errorClass.name}, got ${show(error)}${suffix(message)}`);
  }
  if (messageIncludes === undefined) return;
  const matches = typeof messageIncludes === "string"
    ? error.message.includes(messageIncludes)
    : messageIncludes.test(error.message);
  if (!matches) {
    fail(`Expected the error's message to include ${messageIncludes}, got ${show(error.message)}${suffix(message)}`);
  }
}

/** What `assertThrows` and `assertRejects` take after the function. */
type Expectation =
  | [message?: string | undefined]
  | [errorClass: AnyClass<Error>, messageIncludes?: string | undefined, message?: string | undefined];

function checkThrown(error: unknown, expectation: Expectation): void {
  const [first, includes, message] = expectation;
  if (typeof first === "function") assertIsError(error, first, includes, message);
}

function describe(expectation: Expectation): string {
  const [first, , message] = expectation;
  return suffix(typeof first === "function" ? message : first);
}

/** Fails unless `fn` throws (an error of that class, with that text); returns what it threw. */
export function assertThrows(fn: () => unknown, message?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass: AnyClass<E>,
  messageIncludes?: string,
  message?: string,
): E;
export function assertThrows(fn: () => unknown, ...expectation: Expectation): unknown {
  try {
    fn();
  } catch (error) {
    checkThrown(error, expectation);
    return error;
  }
  return fail(`Expected the function to throw${describe(expectation)}`);
}

/** Fails unless the promise rejects (with an error of that class, with that text); resolves with its reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass: AnyClass<E>,
  messageIncludes?: string,
  message?: string,
): Promise<E>;
export async function assertRejects(fn: () => PromiseLike<unknown>, ...expectation: Expectation): Promise<unknown> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    fail(`Expected a rejected promise, but the function threw ${show(error)}${describe(expectation)}`);
  }
  try {
    await promise;
  } catch (error) {
    checkThrown(error, expectation);
    return error;
  }
  return fail(`Expected the promise to reject${describe(expectation)}`);
}
