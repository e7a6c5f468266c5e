/** A CommonJS module that can't be loaded; it says in what it throws how often it was tried. */

globalThis.loads = (globalThis.loads ?? 0) + 1;

exports.f = () => {};

throw new RangeError(`load ${globalThis.loads}`);
