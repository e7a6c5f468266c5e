/** The package's logger: silent until logToStderr(). */

import { JSON } from "../base/originals.ts";
import { MisuseError } from "../errors/base.ts";
import { runtime } from "../runtime/current.ts";
import { logLevel, setLogLevel } from "./log_level.ts";
import { currentProcess } from "./current.ts";
import { isError, safeString, textOf } from "../base/words.ts";

/** The least level that is logged, from the most to the least that it shows. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/**
 * The logger that the processes of a program share. CPython: `multiprocessing.get_logger()`.
 *
 * Each call writes to standard error, from the level on that is logged: strings as they are, errors with their stack, other
 * values as JSON.
 */
export interface Logger {
  /** Logs what helps to find a fault. */
  debug(...values: unknown[]): void;
  /** Logs what goes on. */
  info(...values: unknown[]): void;
  /** Logs what may be wrong. */
  warning(...values: unknown[]): void;
  /** Logs what is wrong. */
  error(...values: unknown[]): void;
  /**
   * Least level that is logged: a LogLevel, or "off". Children inherit it.
   * @default "off", until logToStderr()
   * @throws {MisuseError} when it is set to anything else
   */
  level: string;
}

const levels: readonly string[] = ["debug", "info", "warning", "error"];

function log(at: string, values: readonly unknown[]): void {
  const level = logLevel();
  if (level === "off" || levels.indexOf(at) < levels.indexOf(level)) return;
  const text = values.map((value) =>
    typeof value === "string" ? value : isError(value) ? textOf(value) : inspect(value)
  );
  runtime.writeError(`[${at.toUpperCase()}/${currentProcess().name}] ${text.join(" ")}\n`);
}

function inspect(value: unknown): string {
  try {
    return JSON.stringify(value) ?? safeString(value);
  } catch {
    return safeString(value);
  }
}

const logger: Logger = {
  debug: (...values) => log("debug", values),
  info: (...values) => log("info", values),
  warning: (...values) => log("warning", values),
  error: (...values) => log("error", values),
  get level() {
    return logLevel();
  },
  set level(value: string) {
    if (value !== "off" && !levels.includes(value)) {
      throw new MisuseError(
        `Cannot log from level ${JSON.stringify(value)} on: it is one of ${levels.join(", ")}, off`,
      );
    }
    setLogLevel(value);
  },
};

/**
 * The logger that the processes of a program share, the same at each call. CPython: `multiprocessing.get_logger()`.
 *
 * @example
 * ```ts
 * import { getLogger } from "@manyproc/multiprocessing";
 *
 * getLogger().info("started"); // silent: the level is "off" until logToStderr()
 * ```
 */
export function getLogger(): Logger {
  return logger;
}

/**
 * From now on what is logged with getLogger() goes to standard error, from the level `given` on (default "info"):
 * `[INFO/Process-1] …`. Called twice, it prints each line once. CPython: `multiprocessing.log_to_stderr()`.
 * @throws {MisuseError} for a level that isn't one
 *
 * @example
 * ```ts
 * import { logToStderr } from "@manyproc/multiprocessing";
 *
 * const logger = logToStderr("warning");
 * logger.warning("disk almost full:", { free: 1024 }); // [WARNING/MainProcess] disk almost full: {"free":1024}
 * logger.level = "off";
 * ```
 */
export function logToStderr(given: LogLevel = "info"): Logger {
  logger.level = given;
  return logger;
}
