/** What the processes of worker-farm do. */

/** @param {number} x @param {(error: unknown, value: number) => void} done */
exports.square = (x, done) => done(null, x * x);

/** @param {number} milliseconds @param {(error: unknown, value: number) => void} done */
exports.busy = (milliseconds, done) => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  done(null, milliseconds);
};
