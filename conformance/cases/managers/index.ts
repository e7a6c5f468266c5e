/** All cases of managers beyond the tutorial. */

import type { Case } from "../../case.ts";
import { managerCustomCases } from "./custom.ts";
import { managerDeathCases } from "./deaths.ts";
import { managerLifeCases } from "./lives.ts";
import { managerLoadCases } from "./many.ts";
import { managerMethodCases } from "./methods.ts";
import { managerWaitCases } from "./waits.ts";

export const managerCases: readonly Case[] = [
  ...managerLifeCases,
  ...managerMethodCases,
  ...managerWaitCases,
  ...managerDeathCases,
  ...managerLoadCases,
  ...managerCustomCases,
];
