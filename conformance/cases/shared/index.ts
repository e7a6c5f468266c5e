/** All cases of shared state. */

import type { Case } from "../../case.ts";
import { arrayCases } from "./array.ts";
import { memoryCases } from "./memory.ts";
import { sharedTravelCases } from "./travel.ts";
import { valueCases } from "./value.ts";
import { viewCases } from "./views.ts";

export const sharedCases: readonly Case[] = [
  ...valueCases,
  ...arrayCases,
  ...memoryCases,
  ...sharedTravelCases,
  ...viewCases,
];
