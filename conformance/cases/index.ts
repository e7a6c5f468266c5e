/** The list of all cases, in the order in which they run. */

import type { Case } from "../case.ts";
import { deathCases } from "./death.ts";
import { faceCases } from "./faces.ts";
import { harnessCases } from "./harness.ts";
import { managerCases as otherManagerCases } from "./managers/index.ts";
import { memoryCases } from "./memory.ts";
import { overflowCases } from "./overflow.ts";
import { stallCases } from "./stalls.ts";
import { stopCases } from "./stops.ts";
import { stressCases } from "./stress.ts";
import { processCases } from "./tutorial/01_process.ts";
import { queueCases } from "./tutorial/02_queue.ts";
import { pipeCases } from "./tutorial/03_pipe.ts";
import { lockCases } from "./tutorial/04_lock.ts";
import { valueArrayCases } from "./tutorial/05_value_array.ts";
import { managerCases } from "./tutorial/06_manager.ts";
import { poolCases } from "./tutorial/07_pool.ts";
import { connectionCases } from "./channels/connection.ts";
import { connectionByteCases } from "./channels/connection_bytes.ts";
import { otherQueueCases } from "./channels/other_queues.ts";
import { queueCases as plainQueueCases } from "./channels/queue.ts";
import { queueWaitCases } from "./channels/queue_waits.ts";
import { shareableCases } from "./channels/shareables.ts";
import { waitCases } from "./channels/wait.ts";
import { badInputTargets } from "./bad_input/targets.ts";
import { badInputValues } from "./bad_input/values.ts";
import { endCases } from "./process/ends.ts";
import { firstProgramCases } from "./process/first_program.ts";
import { familyCases } from "./process/family.ts";
import { mixedCases } from "./process/mixed.ts";
import { contextCases } from "./process/contexts.ts";
import { endingCases } from "./process/ending.ts";
import { processObjectCases } from "./process/objects.ts";
import { promiseCases } from "./tutorial/promises.ts";
import { misuseCases } from "./bad_input/misuse.ts";
import { programCases } from "./bad_input/programs.ts";
import { sharedCases } from "./shared/index.ts";
import { syncCases } from "./sync/index.ts";
import { remoteCases } from "./remote/index.ts";
import { poolCases as wholePoolCases } from "./pool/index.ts";

export const cases: readonly Case[] = [
  ...harnessCases,
  ...processCases,
  ...queueCases,
  ...pipeCases,
  ...lockCases,
  ...valueArrayCases,
  ...managerCases,
  ...poolCases,
  ...plainQueueCases,
  ...queueWaitCases,
  ...otherQueueCases,
  ...connectionCases,
  ...connectionByteCases,
  ...waitCases,
  ...shareableCases,
  ...stressCases,
  ...deathCases,
  ...overflowCases,
  ...stallCases,
  ...stopCases,
  ...faceCases,
  ...memoryCases,
  ...badInputTargets,
  ...badInputValues,
  ...endCases,
  ...firstProgramCases,
  ...familyCases,
  ...mixedCases,
  ...contextCases,
  ...processObjectCases,
  ...endingCases,
  ...promiseCases,
  ...misuseCases,
  ...programCases,
  ...syncCases,
  ...sharedCases,
  ...wholePoolCases,
  ...remoteCases,
  ...otherManagerCases,
];
