/** The runtime's own IPC to a child: node:child_process fork, Bun.spawn or a worker's postMessage. */

import type { ChildProcess } from "node:child_process";
import process from "node:process";

export type RuntimeName = "deno" | "bun" | "node";
export type Method = "process" | "worker";

interface BunApi {
  spawn(command: readonly string[], options: unknown): {
    send(message: unknown): void;
    kill(): void;
    readonly exited: Promise<number>;
  };
}

interface WebWorker extends EventTarget {
  postMessage(message: unknown): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
}

const scope = globalThis as unknown as {
  readonly Deno?: { readonly Command: DenoCommand };
  readonly Bun?: BunApi;
  readonly Worker: new (url: URL, options: { type: "module" }) => WebWorker;
};

type DenoCommand = new (file: string, options: unknown) => { spawn(): { readonly status: Promise<unknown> } };

export const runtimeName: RuntimeName = scope.Deno !== undefined ? "deno" : scope.Bun !== undefined ? "bun" : "node";

const module = new URL("./peer_child.ts", import.meta.url);
const idle = new URL("./peer_idle.mjs", import.meta.url);

/** A child that the runtime's own IPC reaches. */
export interface Peer {
  send(message: unknown): void;
  /** Called for each message; the last one set counts. */
  receive: (message: never) => void;
  close(): void;
}

/** Starts a peer; resolves when it can be talked to. `binary`: messages are bytes. */
export async function openPeer(method: Method, binary = false): Promise<Peer> {
  let ready = () => {};
  const isReady = new Promise<void>((resolve) => ready = resolve);
  const peer = await (method === "worker" ? workerPeer : runtimeName === "bun" ? bunPeer : forkPeer)(binary);
  peer.receive = () => ready();
  peer.send("hello");
  await isReady;
  return peer;
}

function peerOf(send: (message: unknown) => void, close: () => void): Peer {
  return { send, close, receive: () => {} };
}

async function forkPeer(binary: boolean): Promise<Peer> {
  const { fork } = await import("node:child_process");
  const child: ChildProcess = fork(module, [], { serialization: binary ? "advanced" : "json" });
  const peer = peerOf((message) => child.send(message as object), () => child.kill());
  child.on("message", (message) => peer.receive(message as never));
  return peer;
}

function bunPeer(binary: boolean): Promise<Peer> {
  const child = (scope.Bun as BunApi).spawn([process.execPath, module.pathname], {
    ipc: (message: unknown) => peer.receive(message as never),
    serialization: binary ? "advanced" : "json",
    stdio: ["ignore", "inherit", "inherit"],
  });
  const peer = peerOf((message) => child.send(message), () => child.kill());
  return Promise.resolve(peer);
}

async function workerPeer(): Promise<Peer> {
  if (runtimeName === "node") {
    const { Worker } = await import("node:worker_threads");
    const worker = new Worker(module);
    const peer = peerOf((message) => worker.postMessage(message), () => void worker.terminate());
    worker.on("message", (message) => peer.receive(message as never));
    return peer;
  }
  const worker = new scope.Worker(module, { type: "module" });
  const peer = peerOf((message) => worker.postMessage(message), () => worker.terminate());
  worker.onmessage = (event) => peer.receive(event.data as never);
  return peer;
}

/** Starts a bare child that does nothing, and waits for its end. */
export async function bareChild(method: Method): Promise<void> {
  if (method === "process") {
    if (runtimeName === "bun") {
      await (scope.Bun as BunApi).spawn([process.execPath, idle.pathname], { stdio: ["ignore", "inherit", "inherit"] })
        .exited;
      return;
    }
    const { spawn } = await import("node:child_process");
    const flags = runtimeName === "deno" ? ["run", "--quiet", "-A"] : [];
    const child = spawn(process.execPath, [...flags, idle.pathname], { stdio: ["ignore", "inherit", "inherit"] });
    await new Promise((resolve) => child.once("exit", resolve));
    return;
  }
  if (runtimeName === "node") {
    const { Worker } = await import("node:worker_threads");
    const worker = new Worker(idle);
    await new Promise((resolve) => worker.once("exit", resolve));
    return;
  }
  // A Web Worker doesn't end by itself, and on Deno its end is no event: it says that it is done.
  const worker = new scope.Worker(idle, { type: "module" });
  await new Promise<void>((resolve) => worker.onmessage = () => resolve());
  worker.terminate();
}
