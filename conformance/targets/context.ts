/** The context that target modules make their module-level objects in: of the start method under test, in every process. */

import { type Context, getContext, getStartMethod, isMainProcess } from "../../mod.ts";
import { process } from "../host.ts";

function method(): Context["startMethod"] {
  if (!isMainProcess()) return getStartMethod();
  return process.env["MP_METHOD"] === "worker" ? "worker" : "process";
}

export const mp: Context = getContext(method());
