/** A CommonJS module that can't be loaded; it says in what it throws how often it was tried. */

const counter = /** @type {{ loads?: number }} */ (globalThis);
counter.loads = (counter.loads ?? 0) + 1;

exports.f = () => {};

throw new RangeError(`load ${counter.loads}`);
