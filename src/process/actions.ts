/** Lets a barrier name its action and find it; loaded wherever processes are. */

import { provideActions } from "../sync/action.ts";
import type { Reference } from "./reference.ts";
import { isStub, referenceTo } from "./reference.ts";
import { resolveReference } from "./resolve.ts";

provideActions({
  nameOf: (action, doing) => referenceTo(action, doing),
  isHere: (action): action is () => unknown => typeof action === "function" && !isStub(action),
  find: (name) => resolveReference(name as Reference),
});
