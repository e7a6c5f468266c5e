/** A module that fails with an instance of a class that only it knows. */

import { registerCodec } from "../../../mod.ts";

class Unheard {}

registerCodec(Unheard, { name: "conformance/Unheard", encode: () => null, decode: () => new Unheard() });

export function f(): void {}

throw new Unheard();
