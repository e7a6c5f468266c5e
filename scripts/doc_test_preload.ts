/**
 * Loaded before each example that runs as a doc test: none of them is the program. One that is a whole program would start
 * children of a module that is no file; check_programs.mjs runs those.
 */

import { setMainModule } from "../src/targets/main.ts";

setMainModule("doc-test:");
