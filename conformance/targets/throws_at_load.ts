/** A module that can't be loaded. */

export function f(): void {}

throw new RangeError("boom while loading");
