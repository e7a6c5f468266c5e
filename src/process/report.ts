/** What a child leaves for its parent when it can't run its target. */

import { enterFlight, leaveFlight, storeMessage } from "../objects/blocks.ts";
import type { Family } from "../family/family.ts";
import { persist } from "../family/retries.ts";
import { A_REPORT } from "../memory/layout.ts";
import { leaveMail } from "../family/mail.ts";
import { packValue } from "../wire/parcels.ts";
import { encodeThrown } from "../codec/thrown.ts";
import { FamilyLink } from "../wire/handles.ts";
import { messageOf } from "../base/words.ts";

/** The error that a start ended with, as it travels: what it says, and its bytes, which the parent may not be able to read. */
export type Report = readonly [text: string, bytes: Uint8Array];

/**
 * Leaves the error that the start ended with; resolves when it is there, since a stopped process may be in the way. RangeError
 * when there is no memory for it.
 */
export async function leaveReport(family: Family, error: unknown): Promise<void> {
  const { handles, bytes } = packError(family, error);
  const report: Report = [messageOf(error), bytes.slice()];
  for (const handle of handles) enterFlight(family, handle);
  const message = { handles, bytes: packValue(family, report).bytes.slice() };
  const block = await persist(() => storeMessage(family, message)).catch((error: unknown) => {
    for (const handle of handles) leaveFlight(family, handle);
    throw error;
  });
  await persist(() => family.tableLock.with(() => leaveMail(family, family.self, A_REPORT, block)));
}

function packError(family: Family, error: unknown): ReturnType<typeof packValue> {
  try {
    return packValue(family, error);
  } catch {
    const link = new FamilyLink(family);
    return { bytes: encodeThrown(error, link), handles: link.handles };
  }
}
