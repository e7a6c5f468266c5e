/** A program that logs, and so does its child. */

import { getLogger, isMain, logToStderr } from "../../../mod.ts";
import { mp } from "../context.ts";

/** Logs on every level. */
export function logAll(): void {
  for (const level of ["debug", "info", "warning", "error"] as const) getLogger()[level](`${level} in the child`, [1]);
}

if (isMain(import.meta)) {
  getLogger().error("nobody asked for this");
  logToStderr("warning");
  const logger = logToStderr("warning");
  console.log(logger === getLogger(), logger.level);
  logger.info("not logged");
  logger.warning("once", { a: 1 });
  const child = new mp.Process({ target: logAll, name: "the child" });
  await child.start();
  await child.join();
  logger.level = "off";
  logger.error("not logged");
}
