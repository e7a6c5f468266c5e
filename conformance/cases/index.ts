/** The list of all cases, in the order in which they run. */

import type { Case } from "../case.ts";
import { harnessCases } from "./harness.ts";

export const cases: readonly Case[] = [
  ...harnessCases,
];
