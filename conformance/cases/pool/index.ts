/** The cases of the pool. */

import type { Case } from "../../case.ts";
import { callCases } from "./calls.ts";
import { errorCases } from "./errors.ts";
import { backlogCases, faultCases } from "./faults.ts";
import { poolFaultCases } from "./faults_of_pool.ts";
import { imapCases } from "./imap.ts";
import { inputCases } from "./inputs.ts";
import { interruptCases } from "./interrupts.ts";
import { lifeCases } from "./life.ts";
import { memoryCases } from "./memory.ts";
import { oddCases } from "./odd.ts";
import { resultCases } from "./results.ts";
import { workerCases } from "./workers.ts";

const cases: readonly Case[] = [
  ...callCases,
  ...resultCases,
  ...errorCases,
  ...oddCases,
  ...imapCases,
  ...inputCases,
  ...workerCases,
  ...lifeCases,
  ...faultCases,
  ...backlogCases,
  ...poolFaultCases,
  ...interruptCases,
  ...memoryCases,
];

/** Many workers start in some; and arrays of theirs are unmapped when the garbage is collected. */
export const poolCases: readonly Case[] = cases.map((one) => ({ growsMemory: true, timeLimit: 60_000, ...one }));
