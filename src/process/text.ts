/** Errors as they are printed. */

/** An error as it is printed: its stack where it has one. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return `Uncaught ${String(error)}`;
  const { stack, name, message } = error;
  // JavaScriptCore's stacks don't begin with the message.
  const text = stack?.includes(message) ? stack : `${name}: ${message}\n${stack ?? ""}`;
  return error.cause === undefined ? text : `${text}\nCaused by: ${textOf(error.cause)}`;
}
