/** The families of this process or worker, at most one a start method, and which of them is meant. */

import { MisuseError, SpawnError } from "../errors/base.ts";
import { runtime } from "../runtime/current.ts";
import type { Boot, StartMethod } from "../runtime/runtime.ts";
import { DeathRoll } from "./deaths.ts";
import { Family } from "./family.ts";
import { isUnborn } from "./identity.ts";

const families = new Map<StartMethod, Family>();
let chosen: StartMethod | undefined;
/** Whether something was made by the default start method. */
let isUsed = false;
/** The default where none was chosen, once it was asked for. */
let usual: StartMethod | undefined;
/** Set while a context's factory runs. */
let within: StartMethod | undefined;

const deaths = (family: Family) => new DeathRoll(family);

/** The family of `method` (default: the one that is meant here), made on first use. SpawnError when it can't be had. */
export function familyOf(method: StartMethod = currentMethod()): Family {
  let family = families.get(method);
  // Else a program that is run in place of a child's entry, as its executable is, would start itself again without end.
  if (isUnborn()) {
    throw new MisuseError(
      "Cannot make anything shared in a process that was started as a child, but runs another program or a preloaded module",
    );
  }
  if (family === undefined) families.set(method, family = Family.create(method, deaths));
  return family;
}

/** Joins the family that this child was born into; it becomes the default. */
export function joinFamily(boot: Boot, self: number): Family {
  const family = Family.join(boot, self, deaths);
  families.set(boot.method, family);
  chosen = boot.method;
  return family;
}

/** The start method of what is made here: the context's, else the default one, which is settled from then on. */
export function currentMethod(): StartMethod {
  if (within === undefined) isUsed = true;
  return defaultMethod();
}

/** The start method that is meant here, without settling it: the context's, else the chosen one, else the usual one here. */
export function defaultMethod(): StartMethod {
  return within ?? chosen ??
    (usual ??= isAvailable(runtime.preferredMethod) || !isAvailable("worker") ? runtime.preferredMethod : "worker");
}

/** Whether children can be started by that method here, with what is installed and granted. */
export function isAvailable(method: StartMethod): boolean {
  try {
    runtime.requireMethod(method);
    return true;
  } catch (error) {
    if (error instanceof SpawnError) return false;
    throw error;
  }
}

/** Runs `fn` (its synchronous part) as in the context of `method`. */
export function withMethod<R>(method: StartMethod, fn: () => R): R {
  const before = within;
  within = method;
  try {
    return fn();
  } finally {
    within = before;
  }
}

/** Chooses the default start method. MisuseError without `force` when it was chosen before, or something was made by it. */
export function chooseMethod(method: StartMethod, force: boolean): void {
  if (!force && (chosen !== undefined || isUsed)) {
    const why = chosen !== undefined ? "" : ", since objects of it were made: choose first of all";
    throw new MisuseError(
      `Cannot set the start method to "${method}": it is "${defaultMethod()}" already${why} (or pass { force: true })`,
    );
  }
  chosen = method;
}
