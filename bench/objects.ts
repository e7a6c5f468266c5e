/** What the benchmarks send. */

/** A small object, as a program might put into a queue. */
export function smallObject(id: number): { id: number; name: string; ok: boolean } {
  return { id, name: "a small object", ok: true };
}
