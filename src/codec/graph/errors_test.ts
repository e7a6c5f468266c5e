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
import { decode, encode, encodeSmall, markOrigin, registerCodec, remoteOrigin } from "../codec.ts";
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

const thrown = (value: unknown): unknown => decode(encodeThrown(value, link).slice(), link);

test("what was thrown always travels", () => {
  const error = Object.assign(
    new RangeError("boo", { cause: new AggregateError([new Error("in", { cause: Promise.resolve() })]) }),
    {
      code: "E",
      request: { socket: new (class Socket {})() },
      retry: () => 1,
    },
  );
  const result = thrown(error) as unknown as Omit<typeof error, "request" | "retry"> & {
    request: { socket: string };
    retry: string;
    cause: AggregateError;
  };
  assert(result instanceof RangeError);
  assert.equal(result.message, "boo");
  assert.equal(result.code, "E");
  assert.equal(result.stack, error.stack);
  assert.match(result.request.socket, /left behind: it is an instance of Socket/);
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

/** What a Proxy says when it is asked for anything. */
const deny = (): never => {
  throw new TypeError("not for you");
};
const denying = Object.fromEntries(
  Object.getOwnPropertyNames(Reflect).map((trap) => [trap, deny]),
) as ProxyHandler<object>;

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

test("a value that throws when it is looked at is refused, and as what was thrown it travels", () => {
  const odd: readonly unknown[] = [
    revoked({}),
    revoked([]),
    revoked(new Error("x")),
    revoked(() => 1),
    new Proxy({}, denying),
    new Proxy([], denying),
    new Proxy(new Error("x"), denying),
    new Proxy({}, { ownKeys: deny }),
    new Proxy({ a: 1 }, { getOwnPropertyDescriptor: deny }),
    new Proxy(new Error("x"), { getPrototypeOf: deny }),
  ];
  const into = new Uint8Array(100);
  for (const value of [...odd, ...odd.map((one) => [one]), ...odd.map((one) => ({ one }))]) {
    assert.throws(() => encode(value, link), SerializationError);
    assert(encodeSmall(value, into, 0) < 0);
    assert(decode(encodeThrown(value, link), link) instanceof Error);
  }
});

test("an error whose getters throw travels with the others", () => {
  for (const key of ["message", "name", "stack", "cause", "code"]) {
    const own = Object.defineProperty(new RangeError("boo"), key, { get: deny });
    class Lazy extends Error {}
    Object.defineProperty(Lazy.prototype, key, { get: deny });
    const inherited = new Lazy();
    Object.defineProperty(inherited, "details", { value: { a: 1 }, enumerable: true });
    for (const error of [own, inherited]) {
      const result = thrown(error) as Error & Record<string, unknown>;
      assert(result instanceof Error);
      if (error === own || (key !== "cause" && !Object.hasOwn(error, key))) {
        assert.match(String(result[key]), /left behind: its getter threw not for you/, key);
      }
      if (error === inherited) assert.deepEqual(result["details"], { a: 1 });
      else if (key !== "message") assert.equal(result.message, "boo");
    }
  }
});

test("an error whose class makes up its message arrives with it", () => {
  class Issues extends Error {
    readonly issues = [{ path: ["a"] }];
    override get message(): string {
      return JSON.stringify(this.issues);
    }
  }
  for (const result of [roundTrip<Error>(new Issues()), thrown(new Issues()) as Error]) {
    assert.equal(result.message, '[{"path":["a"]}]');
    assert.deepEqual((result as Issues).issues, [{ path: ["a"] }]);
    assert.deepStrictEqual(Object.keys(result), ["issues"]);
  }
});

test("of an error that leads to much that can't travel, the rest arrives", () => {
  class Headers {}
  const config: Record<string, unknown> = {
    url: "/a",
    timeout: 10,
    transformRequest: [() => 1, "kept"],
    headers: new Headers(),
    at: new Date(5),
    [Symbol("s")]: 1,
    get now() {
      return 1;
    },
  };
  const shared = { body: [1, { two: 2 }] };
  const error = Object.assign(new TypeError("Request failed"), {
    code: "ERR_BAD_REQUEST",
    config,
    response: { status: 404, data: shared, config, request: { socket: new Headers() } },
    data: shared,
    sparse: Object.assign(new Array(3), { 1: () => 1 }),
    tables: new Map<unknown, unknown>([["f", () => 1], ["n", new Set([1, () => 1])]]),
    self: undefined as unknown,
    bare: Object.assign(Object.create(null), { f: () => 1, n: 1 }),
  });
  error.self = error;
  (shared as Record<string, unknown>)["error"] = error;
  const result = thrown(error) as typeof error;
  assert(result instanceof TypeError);
  assert.deepEqual([result.message, result.code, result.stack], [error.message, error.code, error.stack]);
  assert.equal(result.self, result);
  assert.equal(result.config, result.response.config);
  assert.equal(result.data, result.response.data);
  assert.equal((result.data as Record<string, unknown>)["error"], result);
  assert.deepEqual(result.data.body, [1, { two: 2 }]);
  const { url, timeout, transformRequest, headers, at, now } = result.config as Record<string, unknown>;
  assert.deepEqual([url, timeout, at, now], ["/a", 10, new Date(5), 1]);
  assert.match((transformRequest as string[])[0] ?? "", /left behind: it is a function/);
  assert.equal((transformRequest as string[])[1], "kept");
  assert.match(String(headers), /left behind: it is an instance of Headers/);
  assert.match(String(result.config["Symbol(s)"]), /left behind: its key is a symbol/);
  assert.equal(result.response.status, 404);
  assert.match(String(result.response.request.socket), /left behind: it is an instance of Headers/);
  assert.deepEqual(Object.keys(result.sparse), ["1"]);
  assert.match(String(result.tables.get("f")), /left behind/);
  assert.equal((result.tables.get("n") as Set<unknown>).has(1), true);
  assert.equal(result.bare.n, 1);
});

test("an error that leads to very much that can't travel is cut off, in no time", () => {
  const root: Record<string, unknown> = { rows: Array.from({ length: 10_000 }, (_, i) => ({ i })), f: () => 1 };
  root["children"] = Array.from({ length: 20_000 }, (_, i) => ({ i, root, g: () => i }));
  let deep: Record<string, unknown> = { f: () => 1 };
  for (let i = 0; i < 1000; i++) deep = { deep };
  const start = performance.now();
  const result = thrown(Object.assign(new Error("big"), { root, deep })) as Error & {
    root: { rows: unknown[]; children: unknown[] };
  };
  assert(performance.now() - start < 10_000);
  assert.equal(result.root.rows.length, 10_000);
  assert.equal(result.root.children.length, 20_000);
  assert.match(String(result.root.children.at(-1)), /left behind/);
});

test("an error whose codec can't rebuild it arrives as an Error of its name", () => {
  class Broken extends Error {
    override readonly name = "Broken";
    readonly part = new Part();
    readonly kept = { a: [1] };
  }
  class Part {}
  registerCodec(Broken, { name: "test.Broken", encode: () => 0, decode: deny });
  registerCodec(Part, { name: "test.Part", encode: () => 0, decode: deny });
  const broken = new Broken("boo"), outer = new RangeError("outer", { cause: broken });
  for (const error of [broken, outer]) {
    assert.throws(() => roundTrip(error), { name: "SerializationError", message: /can't decode/ });
    const result = thrown(error) as Error;
    assert.deepEqual([result.name, result.message, result.stack], [error.name, error.message, error.stack]);
    assert.equal(Object.getPrototypeOf(result), error === broken ? Error.prototype : RangeError.prototype);
    const inner = (error === broken ? result : result.cause) as Broken;
    assert.deepEqual(inner.kept, { a: [1] });
    assert.match(String(inner.part), /left behind: it takes a codec/);
  }
  // The codec of an error that can't be encoded is no better.
  assert.equal((thrown(Object.assign(broken, { f: () => 1 })) as Error).message, "boo");
});
