/** A pipe's end, as programs see it; connection_engine.ts does the work. */

import type { WaitOptions } from "../base/wait_options.ts";
import { faceOf, makeFace, wear } from "../objects/face.ts";
import { registerSharedClass } from "../wire/handles.ts";
import { ConnectionEngine } from "./connection_engine.ts";
import type { Connection } from "./connection_types.ts";
import { messagesFrom } from "./messages_from.ts";

/** One end of a pipe. */
class PipeConnection<In = unknown, Out = In> implements Connection<In, Out> {
  readonly #engine: ConnectionEngine<In, Out>;

  static {
    makeFace(this.prototype, (end) => #engine in end ? end.#engine as ConnectionEngine : undefined);
  }

  constructor(engine: ConnectionEngine<In, Out>) {
    this.#engine = wear(this, engine);
  }

  get closed(): boolean {
    return this.#engine.isClosed;
  }

  get readable(): boolean {
    return this.#engine.readable;
  }

  get writable(): boolean {
    return this.#engine.writable;
  }

  send(value: Out, options?: WaitOptions): Promise<void> {
    return this.#engine.send(value, options);
  }

  sendBytes(data: ArrayBufferView | ArrayBuffer, offset?: number, size?: number): Promise<void> {
    return this.#engine.sendBytes(data, offset, size);
  }

  recv(options?: WaitOptions): Promise<In> {
    return this.#engine.recv(options);
  }

  recvBytes(options?: WaitOptions & { maxLength?: number }): Promise<Uint8Array<ArrayBuffer>> {
    return this.#engine.recvBytes(options);
  }

  recvBytesInto(into: ArrayBufferView, offset?: number): Promise<number> {
    return this.#engine.recvBytesInto(into, offset);
  }

  poll(options?: WaitOptions): Promise<boolean> {
    return this.#engine.poll(options);
  }

  close(): void {
    this.#engine.close();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<In> {
    return messagesFrom(this);
  }

  [Symbol.dispose](): void {
    this.#engine.close();
  }
}

/** The face of a pipe's end. */
export function connectionOf(engine: ConnectionEngine): Connection {
  return faceOf(engine) as Connection;
}

registerSharedClass("Connection", PipeConnection, ConnectionEngine);
