/** The entry module of every child: the whole package, so that whatever the parent sends can be built, then the target. */

import "../mod.ts";
import { runChild } from "./process/bootstrap.ts";

void runChild();
