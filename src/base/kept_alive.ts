/** Waits that keep a process alive. */

/** Longer than any process lives; a timer that only holds the process. */
const FOREVER = 2 ** 30;

/** `promise`, while which the process stays alive: for waits on what doesn't hold it by itself, as a daemon's end. */
export async function keptAlive<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, FOREVER);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}
