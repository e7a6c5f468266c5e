/** A child that does nothing; a Web Worker says that it is done, because nobody would know otherwise. */

globalThis.postMessage?.("done");
