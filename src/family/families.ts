/** The families of this process or worker, at most one a start method, and which of them is meant. */

import { MisuseError } from "../errors/base.ts";
import { runtime } from "../runtime/current.ts";
import type { Boot, StartMethod } from "../runtime/runtime.ts";
import { DeathRoll } from "./deaths.ts";
import { Family } from "./family.ts";

const families = new Map<StartMethod, Family>();
let chosen: StartMethod | undefined;
/** Set while a context's factory runs. */
let within: StartMethod | undefined;

const deaths = (family: Family) => new DeathRoll(family);

/** The family of `method` (default: the one that is meant here), made on first use. SpawnError when it can't be had. */
export function familyOf(method: StartMethod = currentMethod()): Family {
  let family = families.get(method);
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

/** The start method that is meant here: the context's, else the chosen one, else the runtime's default. */
export function currentMethod(): StartMethod {
  return within ?? chosen ?? runtime.defaultMethod;
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

/** Chooses the default start method. MisuseError on a second call without `force`. */
export function chooseMethod(method: StartMethod, force: boolean): void {
  if (chosen !== undefined && !force) {
    throw new MisuseError(
      `Cannot set the start method to "${method}": it is "${chosen}" already (pass { force: true })`,
    );
  }
  chosen = method;
}
