/** Who is told of shared objects without a name. */

/** Called when an unnamed object is made; set by the process layer, which knows whether a child is loading its modules. */
let onUnnamed: ((label: string) => void) | undefined;
export function watchUnnamed(watch: ((label: string) => void) | undefined): void {
  onUnnamed = watch;
}

/** An unnamed object is being made. */
export function noteUnnamed(label: string): void {
  onUnnamed?.(label);
}
