/** A module that ends the process that loads it. */

import { process } from "../../host.ts";

export function f(): void {}

process.exit(6);
