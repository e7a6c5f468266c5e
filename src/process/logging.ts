/** The package's logger: silent until logToStderr(). */

import { MisuseError } from "../errors/base.ts";
import { runtime } from "../runtime/current.ts";
import { logLevel, setLogLevel } from "./log_level.ts";
import { currentProcess } from "./current.ts";
import { isError, safeString, textOf } from "../base/words.ts";

/** How much is logged. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** The package's logger. CPython: `multiprocessing.get_logger()`. */
export interface Logger {
  debug(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warning(...values: unknown[]): void;
  error(...values: unknown[]): void;
  /** Least level that is logged; "off" until logToStderr(). Children inherit it. */
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

/** The package's logger, the same at each call. CPython: `multiprocessing.get_logger()`. */
export function getLogger(): Logger {
  return logger;
}

/**
 * Writes what the package logs to standard error, from `given` (default "info") on: `[INFO/Process-1] …`. Called twice, it
 * prints each line once. CPython: `multiprocessing.log_to_stderr()`.
 */
export function logToStderr(given: LogLevel = "info"): Logger {
  logger.level = given;
  return logger;
}
