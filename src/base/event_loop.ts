/** Awaits that are ready at once let no timer, signal or abort through: now and then the event loop gets a turn. */

/** Such awaits in a row, and milliseconds, after which it does. */
const STREAK = 256;
const TURN = 5;

let streak = 0;
let lastTurn = 0;

/** After an await that took no time, whether or not it got what it was for: is a turn due? Then await `turn()`. */
export function due(): boolean {
  streak++;
  return streak >= STREAK || ((streak & 15) === 0 && performance.now() - lastTurn >= TURN);
}

/** One turn of the event loop. */
export async function turn(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
  streak = 0;
  lastTurn = performance.now();
}
