/** A child that does nothing; a Web Worker says that it is done, because nobody would know otherwise. */

if (typeof WorkerGlobalScope !== "undefined") globalThis.postMessage("done");
