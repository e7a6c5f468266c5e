/** Whether a value that came back is the one that went: prototypes, hidden properties, holes, -0 and sharing included. */

/** What each runtime tells in its own way of where an error was made. */
const places: readonly string[] = ["stack", "line", "column", "sourceURL", "originalLine", "originalColumn"];

/** Path to the first difference between two values; undefined when there is none. */
export function difference(a: unknown, b: unknown): string | undefined {
  return compare(a, b, "value", { met: new Map(), isElsewhere: false });
}

/** As difference, of two values that were made in different places, on different runtimes. */
export function differenceElsewhere(a: unknown, b: unknown): string | undefined {
  return compare(a, b, "value", { met: new Map(), isElsewhere: true });
}

interface Comparison {
  readonly met: Map<object, object>;
  /** The places of errors don't count. */
  readonly isElsewhere: boolean;
}

function compare(a: unknown, b: unknown, path: string, comparison: Comparison): string | undefined {
  const { met } = comparison;
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) {
    return Object.is(a, b) ? undefined : `${path}: ${show(a)} came back as ${show(b)}`;
  }
  const known = met.get(a);
  if (known !== undefined) return known === b ? undefined : `${path} is no longer the same object as elsewhere`;
  met.set(a, b);
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${path} has another prototype`;
  return compareProperties(a, b, path, comparison) ?? compareContents(a, b, path, comparison) ??
    compareBuffers(a, b, path, met);
}

function compareProperties(a: object, b: object, path: string, comparison: Comparison): string | undefined {
  // Properties of symbols are what Deno's web objects keep their state in.
  const counts = (key: string) => !(comparison.isElsewhere && a instanceof Error && places.includes(key));
  const keysA = Object.getOwnPropertyNames(a).filter(counts), keysB = Object.getOwnPropertyNames(b).filter(counts);
  if (keysA.join() !== keysB.join() && !(a instanceof Error && keysA.toSorted().join() === keysB.toSorted().join())) {
    return `${path} had the keys ${keysA}, and has ${keysB}`;
  }
  for (const key of keysA) {
    const one = Object.getOwnPropertyDescriptor(a, key), two = Object.getOwnPropertyDescriptor(b, key);
    if (one?.enumerable !== two?.enumerable) return `${path}.${key} is not as enumerable as it was`;
    const found = compare(Reflect.get(a, key), Reflect.get(b, key), `${path}.${key}`, comparison);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What isn't in properties. */
function contents(value: object): unknown[] {
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set) return [...value];
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof RegExp) return [value.source, value.flags];
  if (value instanceof URL || value instanceof URLSearchParams) return [String(value)];
  if (ArrayBuffer.isView(value)) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  if (value instanceof DOMException) return [value.name, value.message, value.code];
  if (value instanceof Number || value instanceof String || value instanceof Boolean) return [value.valueOf()];
  return [];
}

function compareContents(a: object, b: object, path: string, comparison: Comparison): string | undefined {
  const one = contents(a), two = contents(b);
  if (one.length !== two.length) return `${path} had ${one.length} parts, and has ${two.length}`;
  for (const [i, part] of one.entries()) {
    const found = compare(part, two[i], `${path} part ${i}`, comparison);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Of a buffer only the part that its views span travels; views that shared one must still do so. */
function compareBuffers(a: object, b: object, path: string, met: Map<object, object>): string | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return undefined;
  const known = met.get(a.buffer);
  met.set(a.buffer, b.buffer);
  return known === undefined || known === b.buffer ? undefined : `${path} no longer shares its buffer`;
}

function show(value: unknown): string {
  return Object.is(value, -0) ? "-0" : typeof value === "string" ? JSON.stringify(value) : String(value);
}
