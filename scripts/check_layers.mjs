/** Enforces the layers: who may import whom, and that only src/runtime knows on which runtimes the package runs. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** From the bottom up: a file imports from its own layer and from those before it. */
const layers = [
  "errors",
  "base",
  "runtime",
  "codec",
  "memory",
  "family",
  "objects",
  "wire",
  "targets",
  "sync",
  "shared",
  "channels",
  "process",
  "pool",
  "managers",
  // Made of all of them: the contexts; mod.ts and more, for children that need it; the entry of children.
  "context",
  "child_rest",
  "child",
];

/** The built-in modules that have nothing to do with the process or the system. */
const harmless = ["node:async_hooks", "node:buffer", "node:diagnostics_channel", "node:util"];

/** Packages that are bindings to the system. */
const systemPackages = /^(npm:)?(koffi|bun|bun:.*)([@/].*)?$/;

/** @typedef {{ file: string, line: number, text: string }} Violation */

/**
 * Splits TypeScript into what is code and what is text: returns the source with comments, strings, templates and regular
 * expressions blanked (positions stay), and the strings with their positions.
 * @param {string} source
 */
export function scan(source) {
  const code = [...source];
  /** @type {{ at: number, text: string }[]} */
  const strings = [];
  /** @type {number[]} Braces open inside each `${` that we are in. */
  const templates = [];
  const blank = (/** @type {number} */ from, /** @type {number} */ to) => {
    for (let i = from; i < to && i < source.length; i++) if (source[i] !== "\n") code[i] = " ";
  };
  const template = (/** @type {number} */ from) => {
    let i = from;
    for (; i < source.length && source[i] !== "`"; i++) {
      if (source[i] === "\\") i++;
      else if (source.startsWith("${", i)) {
        templates.push(0);
        blank(from, i);
        return i + 2;
      }
    }
    blank(from, i);
    return i + 1;
  };
  let last = ""; // the last character of code that is not a space: tells a division from a regular expression
  for (let i = 0; i < source.length;) {
    const c = source[i] ?? "";
    const start = i;
    if (source.startsWith("//", i) || (i === 0 && source.startsWith("#!"))) {
      while (i < source.length && source[i] !== "\n") i++;
      blank(start, i);
    } else if (source.startsWith("/*", i)) {
      i = source.indexOf("*/", i + 2) + 2 || source.length;
      blank(start, i);
    } else if (c === '"' || c === "'") {
      for (i++; i < source.length && source[i] !== c && source[i] !== "\n"; i++) if (source[i] === "\\") i++;
      strings.push({ at: start, text: source.slice(start + 1, i) });
      blank(start + 1, i++);
      last = c;
    } else if (c === "`") {
      i = template(i + 1);
      last = c;
    } else if (c === "/" && (last === "" || "(,=:[!&|?{};<>+-*%~^".includes(last) || endsWithKeyword(code, i))) {
      let inClass = false;
      for (i++; i < source.length && source[i] !== "\n" && (inClass || source[i] !== "/"); i++) {
        if (source[i] === "\\") i++;
        else if (source[i] === "[") inClass = true;
        else if (source[i] === "]") inClass = false;
      }
      blank(start + 1, i++);
      last = "/";
    } else {
      const depth = templates.length - 1;
      if (depth >= 0 && c === "{") templates[depth] = (templates[depth] ?? 0) + 1;
      i++;
      if (depth >= 0 && c === "}") {
        if (templates[depth] === 0) {
          templates.pop();
          i = template(i);
        } else templates[depth] = (templates[depth] ?? 0) - 1;
      }
      if (/\S/.test(c)) last = c;
    }
  }
  return { code: code.join(""), strings };
}

/** @param {string[]} code @param {number} at */
function endsWithKeyword(code, at) {
  return /(^|[^.\w$])(return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield)\s*$/
    .test(code.slice(Math.max(0, at - 20), at).join(""));
}

/**
 * The modules that a file names: imports, exports from, `import()`, and `new URL("…", import.meta.url)`.
 * @param {ReturnType<typeof scan>} scanned
 */
function importsOf({ code, strings }) {
  return strings.filter(({ at, text }) => {
    const before = code.slice(Math.max(0, at - 300), at);
    if (/(^|[^.\w$])(from|import)\s*$/.test(before) || /(^|[^.\w$])import\s*\(\s*$/.test(before)) return true;
    return /\bnew\s+URL\s*\(\s*$/.test(before) &&
      /^["']\s*,\s*import\.meta\.url/.test(code.slice(at + text.length + 1));
  });
}

/** @param {string} path relative to the repository @returns {number | undefined} */
function layerOf(path) {
  const [top, next] = path.split("/");
  if (path === "mod.ts") return layers.length;
  if (top !== "src" || next === undefined) return undefined;
  const index = layers.indexOf(next.replace(/(_test)?\.ts$/, ""));
  return index < 0 ? undefined : index;
}

/** @param {string} code the blanked code @returns {{ at: number, name: string }[]} */
function globalsOf(code) {
  const found = [];
  for (const match of code.matchAll(/(?<![\w$.#]|\?\.)(?:globalThis\s*\.\s*)?\b(Deno|Bun|process)\b(?!\s*:[^:])/g)) {
    const name = match[1] ?? "";
    if (name === "process" && !match[0].startsWith("globalThis")) {
      // `process` is also a good name for a variable: only a use as an object counts, and only where it isn't declared.
      if (!/^\s*[.[]/.test(code.slice(match.index + match[0].length))) continue;
      if (
        /\b(const|let|var|import|function|class)\s+process\b|[(,{[]\s*process\s*[?:,)}=\]]|\bprocess\s*=>/.test(code)
      ) {
        continue;
      }
    }
    found.push({ at: match.index, name });
  }
  return found;
}

/**
 * Checks one file.
 * @param {string} path relative to the repository, with slashes
 * @param {string} source
 * @returns {Violation[]}
 */
export function checkFile(path, source) {
  /** @type {Violation[]} */
  const violations = [];
  const report = (/** @type {number} */ at, /** @type {string} */ text) =>
    violations.push({ file: path, line: source.slice(0, at).split("\n").length, text });

  const scanned = scan(source);
  const inSource = path.startsWith("src/") || path === "mod.ts";
  const isTest = /(_test|testing)\.ts$/.test(path);
  const isPortable = inSource && !path.startsWith("src/runtime/");
  const layer = layerOf(path);
  if (inSource && layer === undefined) report(0, `belongs to no layer (they are ${layers.join(", ")})`);

  for (const { at, text: specifier } of importsOf(scanned)) {
    if (!specifier.startsWith(".")) {
      if (/^conformance\/(cases|targets)\//.test(path)) {
        report(at, `imports "${specifier}"; cases and targets import only mod.ts and conformance/`);
      } else if (isPortable && !isTest) {
        const isSystem = specifier.startsWith("node:") ? !harmless.includes(specifier) : systemPackages.test(specifier);
        if (isSystem) report(at, `imports "${specifier}"; only src/runtime may`);
      }
      continue;
    }
    const target = posix.normalize(posix.join(posix.dirname(path), specifier));
    if (inSource) {
      const other = layerOf(target);
      if (isTest && target === "conformance/assert.ts") continue;
      if (other === undefined) report(at, `imports "${specifier}", which is in no layer`);
      else if (layer !== undefined && other > layer && layers[layer] !== "child_rest") {
        report(at, `imports "${specifier}": ${layers[other] ?? "mod.ts"} is above ${layers[layer]}`);
      }
    } else if (
      /^conformance\/(cases|targets)\//.test(path) && target !== "mod.ts" && !target.startsWith("conformance/")
    ) {
      report(at, `imports "${specifier}"; cases and targets import only mod.ts and conformance/`);
    }
  }
  for (const match of scanned.code.matchAll(/(?<![.\w$])using[ \t]+[\w$]+\s*(=(?!=)|:|of\b)/g)) {
    report(match.index, "declares with `using`, which Node 22 can't parse");
  }
  if (isPortable && !isTest) {
    for (const { at, name } of globalsOf(scanned.code)) report(at, `uses the global ${name}; only src/runtime may`);
  }
  return violations;
}

/** @param {string} folder @returns {string[]} */
function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * Checks a repository.
 * @param {string} root
 * @returns {{ files: number, violations: Violation[] }}
 */
export function checkLayers(root) {
  const files = [join(root, "mod.ts"), ...["src", "conformance"].flatMap((folder) => filesIn(join(root, folder)))]
    .filter((file) => existsSync(file)).sort();
  const violations = files.flatMap((file) =>
    checkFile(relative(root, file).replaceAll("\\", "/"), readFileSync(file, "utf8"))
  );
  return { files: files.length, violations };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { files, violations } = checkLayers(process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url))));
  for (const { file, line, text } of violations) console.error(`${file}:${line} ${text}`);
  console.log(`${files} files, ${violations.length} violations of the layers`);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
