/** Values and errors in the words of messages. */

import { JSON } from "./originals.ts";

/**
 * Whether a value is an error, of whatever realm: those that Node's own functions throw in a node:vm context aren't instances
 * of the `Error` there. Never throws, whatever it is given: to ask a revoked Proxy for its prototype does.
 */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || isErrorOfAnyRealm(value);
  } catch {
    return false;
  }
}

const isErrorOfAnyRealm = (Error as { isError?: (value: unknown) => boolean }).isError ??
  // Younger than the oldest runtimes that are supported. Without a tag of its own, an object shows what it is.
  ((value: unknown): boolean =>
    typeof value === "object" && value !== null && !(Symbol.toStringTag in value) &&
    Object.prototype.toString.call(value) === "[object Error]");

/** `String(value)`, also of what can't be made one: an object without a prototype, a revoked Proxy. */
export function safeString(value: unknown): string {
  try {
    return String(value);
  } catch (failure) {
    return `something that can't be shown (${messageOf(failure)})`;
  }
}

/** An error as it is printed: its stack where it has one, and its causes, each once (they may lead back to it). */
export function textOf(error: unknown, before: readonly unknown[] = []): string {
  if (!isError(error)) return `Uncaught ${safeString(error)}`;
  try {
    return textOfError(error, before);
  } catch (failure) {
    return `Uncaught ${messageOf(error)} (its stack can't be read: ${messageOf(failure)})`;
  }
}

function textOfError(error: Error, before: readonly unknown[]): string {
  const { stack, name, message, cause } = error;
  // JavaScriptCore's stacks don't begin with the message.
  const text = stack?.includes(message) ? stack : `${name}: ${message}\n${stack ?? ""}`;
  const printed = [...before, error];
  return cause === undefined || printed.includes(cause) ? text : `${text}\nCaused by: ${textOf(cause, printed)}`;
}

/** A value as errors name it. */
export function describe(value: unknown): string {
  return value === null
    ? "null"
    : typeof value === "object"
    ? "an object"
    : typeof value === "string"
    ? JSON.stringify(value)
    : typeof value === "function"
    ? "a function"
    : String(value);
}

/** What an error says, and what anything else that was thrown is. */
export function messageOf(thrown: unknown): string {
  if (!isError(thrown)) return safeString(thrown);
  try {
    return String(thrown.message);
  } catch {
    return "an error whose message can't be read";
  }
}
