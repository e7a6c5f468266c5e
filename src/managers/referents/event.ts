/** The flag behind an EventProxy. */

import type { Call } from "../call.ts";
import { Line } from "./line.ts";
import type { Referent } from "./referent.ts";

/** A new flag, not set. */
export function eventReferent(): Referent {
  const line = new Line();
  let isSet = false;
  return {
    methods: {
      set(): void {
        isSet = true;
        for (const { call } of line.takeAll()) call.reply(true);
      },
      clear(): void {
        isSet = false;
      },
      isSet: () => isSet,
    },
    callMethods: {
      wait(call: Call, waits: boolean) {
        if (isSet || !waits) return isSet;
        return line.add(call, undefined, (_why, leave) => {
          leave();
          call.reply(false);
        });
      },
    },
  };
}
