/** A module that never comes to the end of its load. */

export function f(): void {}

await new Promise(() => {});
