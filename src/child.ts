/**
 * The entry module of every child. It imports what each child needs; the rest of the package is loaded when the target's
 * module imports it, an argument is more than a small plain value, or somebody's death is to be dealt with: reading all of it
 * takes longer than anything else at the start of a child.
 */

import { completeRecovery, kindsComeLater } from "./family/care.ts";
import { runChild } from "./process/bootstrap.ts";

const whole = () => import("./child_rest.ts");

// A preloaded module may have imported the whole package before.
if (completeRecovery() === undefined) kindsComeLater(whole);
void runChild(whole);
