/** What a child leaves for its parent when it can't run its target. */

import { storeMessage } from "../memory/blocks.ts";
import type { Family } from "../memory/family.ts";
import { A_REPORT } from "../memory/layout.ts";
import { leaveMail } from "../memory/mail.ts";
import { packValue } from "../wire/message.ts";
import { textOf } from "./text.ts";

/** Leaves the error that the start ended with. */
export function leaveReport(family: Family, error: unknown): void {
  let packed: ReturnType<typeof packValue>;
  try {
    packed = packValue(family, error);
  } catch {
    // It can't travel as it is; its text can.
    packed = packValue(family, new Error(textOf(error)));
  }
  const block = storeMessage(family, packed);
  family.agents.lock.with(() => leaveMail(family, family.self, A_REPORT, block));
}
