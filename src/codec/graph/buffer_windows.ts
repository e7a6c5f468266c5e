/** Which part of each ArrayBuffer a message carries, and where its contents go: behind the nodes, as they are. */

/** Contents start at multiples of this, so that a receiver could look at them in place. */
export const ALIGNMENT = 8;

/** The part of an ArrayBuffer that travels. */
export class BufferWindow {
  readonly buffer: ArrayBuffer;
  start = Infinity;
  end = 0;
  /** The nodes whose first value is a byte offset in the buffer. */
  readonly views: unknown[][] = [];
  private elementSize = 1;

  constructor(buffer: ArrayBuffer) {
    this.buffer = buffer;
  }

  /** Makes the window span a range as well. */
  include(start: number, end: number, elementSize: number): void {
    this.elementSize = Math.max(this.elementSize, elementSize);
    this.start = Math.min(this.start, start);
    this.start -= this.start % this.elementSize;
    this.end = Math.max(this.end, end);
  }
}

/** What of which ArrayBuffer a message contains: the range that its views span together. */
export class BufferWindows {
  private readonly windows = new Map<ArrayBuffer, BufferWindow>();
  private readonly nodes: { readonly node: unknown[]; readonly bytes: () => Uint8Array }[] = [];

  /** The window of a buffer. */
  of(buffer: ArrayBuffer): BufferWindow {
    let window = this.windows.get(buffer);
    if (window === undefined) this.windows.set(buffer, window = new BufferWindow(buffer));
    return window;
  }

  /** Promises `node` the place of `bytes` among the contents, in its first two values. */
  add(node: unknown[], bytes: () => Uint8Array): void {
    this.nodes.push({ node, bytes });
  }

  /** Fixes all places, once the whole message is known. Returns the contents and where each goes. */
  place(): {
    readonly length: number;
    readonly parts: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  } {
    for (const { start, views } of this.windows.values()) {
      for (const view of views) view[0] = (view[0] as number) - start;
    }
    let length = 0;
    const parts = this.nodes.map(({ node, bytes: contents }) => {
      const bytes = contents();
      const offset = Math.ceil(length / ALIGNMENT) * ALIGNMENT;
      length = offset + bytes.length;
      node[0] = offset;
      node[1] = bytes.length;
      return { offset, bytes };
    });
    return { length, parts };
  }
}
