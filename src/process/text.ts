/** Errors as they are printed. */

/** An error as it is printed: its stack where it has one, and its causes, each once (they may lead back to it). */
export function textOf(error: unknown, before: readonly unknown[] = []): string {
  if (!(error instanceof Error)) return `Uncaught ${String(error)}`;
  const { stack, name, message, cause } = error;
  // JavaScriptCore's stacks don't begin with the message.
  const text = stack?.includes(message) ? stack : `${name}: ${message}\n${stack ?? ""}`;
  const printed = [...before, error];
  return cause === undefined || printed.includes(cause) ? text : `${text}\nCaused by: ${textOf(cause, printed)}`;
}
