/** Values and errors in the words of messages. */

/** An error as it is printed: its stack where it has one, and its causes, each once (they may lead back to it). */
export function textOf(error: unknown, before: readonly unknown[] = []): string {
  if (!(error instanceof Error)) return `Uncaught ${String(error)}`;
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
    : String(value);
}

/** What an error says, and what anything else that was thrown is. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
