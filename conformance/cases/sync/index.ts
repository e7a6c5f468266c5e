/** All cases of the synchronisation primitives. */

import type { Case } from "../../case.ts";
import { barrierCases } from "./barrier.ts";
import { conditionCases } from "./condition.ts";
import { syncDeathCases } from "./death.ts";
import { eventCases } from "./event.ts";
import { acquireCases } from "./lock.ts";
import { rlockCases } from "./rlock.ts";
import { semaphoreCases } from "./semaphore.ts";
import { syncStressCases } from "./stress.ts";
import { travelCases } from "./travel.ts";

export const syncCases: readonly Case[] = [
  ...acquireCases,
  ...rlockCases,
  ...semaphoreCases,
  ...conditionCases,
  ...eventCases,
  ...barrierCases,
  ...travelCases,
  ...syncStressCases,
  ...syncDeathCases,
];
