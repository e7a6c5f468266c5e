/** The target of a child that does nothing; JavaScript, since what it takes to read TypeScript is not ours. */

export function nothing() {}
