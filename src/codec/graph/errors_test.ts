/** Tests of the codec: errors as values. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import {
  BufferTooShort,
  ClosedError,
  Empty,
  MisuseError,
  ProcessError,
  RemoteError,
  SerializationError,
  TimeoutError,
  WorkerDiedError,
} from "../../errors.ts";
import { decode, markOrigin, registerCodec, remoteOrigin } from "../codec.ts";
import { link, roundTrip } from "../testing.ts";
import { encodeThrown } from "../thrown.ts";

test("builtin errors arrive as themselves", () => {
  for (const type of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
    const error = Object.assign(new type("boo", { cause: new TypeError("why") }), {
      code: "E_BOO",
      details: [{ a: 1 }],
    });
    const result = roundTrip(error);
    assert.equal(Object.getPrototypeOf(result), type.prototype);
    assert(!Object.hasOwn(result, "name"));
    assert.equal(result.message, "boo");
    assert.equal(result.code, "E_BOO");
    assert.deepStrictEqual(result.details, [{ a: 1 }]);
    assert.equal(result.stack, error.stack);
    assert(result.cause instanceof TypeError);
    assert.deepStrictEqual(Object.keys(result), Object.keys(error));
    assert(!Object.keys(result).includes("stack") && !Object.keys(result).includes("message"));
  }
  assert(!Object.hasOwn(roundTrip(new Error()), "message"));
  assert(!Object.hasOwn(roundTrip(new Error("x")), "cause"));
  const undefinedCause = roundTrip(new Error("x", { cause: undefined }));
  assert(Object.hasOwn(undefinedCause, "cause"));
});

test("AggregateError and SuppressedError keep their errors", () => {
  const aggregate = roundTrip(new AggregateError([new RangeError("a"), "b"], "all"));
  assert(aggregate instanceof AggregateError);
  assert(aggregate.errors[0] instanceof RangeError);
  assert.equal(aggregate.errors[1], "b");
  const { SuppressedError } = globalThis as unknown as {
    SuppressedError?: new (
      error: unknown,
      suppressed: unknown,
      message: string,
    ) => Error & { error: unknown; suppressed: unknown };
  };
  if (SuppressedError === undefined) return;
  const suppressed = roundTrip(new SuppressedError(new RangeError("a"), 2, "m"));
  assert(suppressed instanceof SuppressedError);
  assert(suppressed.error instanceof RangeError);
  assert.equal(suppressed.suppressed, 2);
});

test("an error of another class arrives as an Error of the same name", () => {
  class HttpError extends TypeError {
    readonly status = 404;
    override readonly name = "HttpError";
  }
  class Named extends Error {
    static {
      this.prototype.name = "Named";
    }
  }
  const http = roundTrip<Error>(new HttpError("m"));
  assert.equal(Object.getPrototypeOf(http), Error.prototype);
  assert.equal(http.name, "HttpError");
  assert.equal((http as HttpError).status, 404);
  const named = roundTrip<Error>(new Named("m"));
  assert.equal(named.name, "Named");
  assert.deepStrictEqual(Object.keys(named), []);
  assert.equal(String(named), "Named: m");
});

test("errors of the runtime arrive with their codes", async () => {
  const { readFileSync } = await import("node:fs");
  const system = ((): unknown => {
    try {
      return readFileSync("/does/not/exist");
    } catch (error) {
      return error;
    }
  })() as { code: string };
  assert.equal(roundTrip(system).code, system.code);
  assert.throws(() => Buffer.alloc("x" as never), (error: Error & { code?: string }) => {
    const result = roundTrip(error);
    assert(result instanceof TypeError);
    assert.equal(result.code, error.code);
    return true;
  });
});

test("DOMException arrives as itself", () => {
  const error = roundTrip(new DOMException("stop", "AbortError"));
  assert(error instanceof DOMException && error instanceof Error);
  assert.equal(error.name, "AbortError");
  assert.equal(error.message, "stop");
  assert.equal(error.code, 20);
});

test("our errors arrive as themselves", () => {
  const family: ProcessError[] = [
    new ProcessError("m"),
    new MisuseError("m"),
    new ClosedError("m"),
    new TimeoutError("m"),
    new Empty("m"),
    new SerializationError("m"),
    new BufferTooShort("m", new Uint8Array([1, 2])),
    new WorkerDiedError("m", 4711, -9),
    new RemoteError("m", "there"),
  ];
  for (const error of family) {
    const result = roundTrip(error);
    assert.equal(result.constructor, error.constructor);
    assert.equal(result.code, error.code);
    assert.equal(result.name, error.name);
    assert.equal(result.message, "m");
    assert.equal(result.stack, error.stack);
    assert.deepStrictEqual({ ...result }, { ...error });
  }
});

test("the origin of an error is remembered on this side only", () => {
  const error = new Error("x");
  assert.equal(remoteOrigin(error), undefined);
  markOrigin(error, { pid: 1, ident: "1:2", index: 3 });
  assert.deepStrictEqual(remoteOrigin(error), { pid: 1, ident: "1:2", index: 3 });
  assert.equal(remoteOrigin(roundTrip(error)), undefined);
  markOrigin("thrown text", { pid: 1, ident: "1" });
  assert.equal(remoteOrigin("thrown text"), undefined);
});

test("what was thrown always travels", () => {
  const thrown = (value: unknown): unknown => decode(encodeThrown(value, link), link);
  const error = Object.assign(
    new RangeError("boo", { cause: new AggregateError([new Error("in", { cause: Promise.resolve() })]) }),
    {
      code: "E",
      request: { socket: new (class Socket {})() },
      retry: () => 1,
    },
  );
  const result = thrown(error) as typeof error & { request: string; retry: string; cause: AggregateError };
  assert(result instanceof RangeError);
  assert.equal(result.message, "boo");
  assert.equal(result.code, "E");
  assert.equal(result.stack, error.stack);
  assert.match(result.request, /left behind: it\.socket is an instance of Socket/);
  assert.match(result.retry, /left behind: it is a function/);
  assert.match(result.cause.errors[0].cause, /left behind: it is a Promise/);
  assert.match((thrown(() => 1) as Error).message, /can't travel: thrown is a function/);
  assert.equal(thrown("text"), "text");
  class Picky extends Error {}
  registerCodec(Picky, {
    name: "test.Picky",
    encode() {
      throw new Error("no");
    },
    decode: () => new Picky(),
  });
  assert.equal((thrown(new Picky("m")) as Error).message, "m");
});
