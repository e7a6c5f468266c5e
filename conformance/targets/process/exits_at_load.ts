/** A module that ends whoever loads it. */

import { process } from "../../host.ts";

export function f(): void {}

process.exit(3);
