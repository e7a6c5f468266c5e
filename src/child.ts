/**
 * The entry module of every child. It imports what each child needs; the rest of the package is loaded when the target's
 * module imports it, an argument is more than a small plain value, or somebody's death is to be dealt with: reading all of it
 * takes longer than anything else at the start of a child.
 */

import { kindsComeLater } from "./memory/kinds.ts";
import { runChild } from "./process/bootstrap.ts";

const whole = () => import("./whole.ts");

kindsComeLater(whole);
void runChild(whole);
