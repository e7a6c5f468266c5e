/** What a module's source says of the modules that it imports: read, not parsed, so it is a hint. */

/** A statement that imports values. */
export interface Import {
  readonly specifier: string;
  /** What each binding is called there: an export's name, "default", or "*" for the namespace. */
  readonly bindings: readonly { readonly imported: string; readonly local: string }[];
}

/** What of a source is no code: comments, strings, templates, regular expressions. */
const NO_CODE = new RegExp(
  [
    String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`,
    String.raw`"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'`,
    "`(?:\\\\[\\s\\S]|[^`\\\\])*`",
    String.raw`(?<=[=(,:[!&|?{};]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/`,
  ].join("|"),
  "g",
);

const IDENTIFIER = String.raw`[\p{ID_Start}$_][\p{ID_Continue}$]*`;
const IMPORT = /(?<=^|[;}\n])\s*import\b(?!\s*[(.])([^;"'`()=]*?)\bfrom\s*"#(\d+)"[^\n;]*;?/g;
/** CommonJS's way, and that of one property. */
const REQUIRE = /\b(?:const|let|var)\s+([^;"'`()=]+?)\s*=\s*require\s*\(\s*"#(\d+)"\s*\)(?:\s*\.\s*([\w$]+))?/g;

/** The source of a module, seen by what it imports. */
export class ImportsOf {
  /** Statements that import values, for all that the source says: whether a compiler has left one out isn't known. */
  readonly imports: readonly Import[];
  /** The rest of the code. */
  readonly #code: string;

  constructor(source: string) {
    const strings: string[] = [];
    const code = source.replace(/^\uFEFF?(#![^\n]*)?/, "").replace(NO_CODE, (text) => {
      if (text.startsWith("/")) return /\n/.test(text) ? "\n" : " ";
      if (text.startsWith("`")) return "``";
      strings.push(text.slice(1, -1));
      return `"#${strings.length - 1}"`;
    });
    const imports: Import[] = [];
    const add = (index: string, bindings: Import["bindings"]): string => {
      if (bindings.length > 0) imports.push({ specifier: strings[Number(index)] as string, bindings });
      return ";";
    };
    this.#code = code.replace(IMPORT, (_text, clause: string, index: string) => add(index, bindingsOf(clause)))
      .replace(REQUIRE, (_text, clause: string, index: string, property: string | undefined) => {
        const bindings = bindingsOf(clause.startsWith("{") ? clause.replaceAll(":", " as ") : `* as ${clause}`);
        return add(index, bindings.map((one) => ({ ...one, imported: property ?? one.imported })));
      });
    this.imports = imports;
  }

  /**
   * Whether a binding, or a property of it, is handed over as a target is: as the first argument of a call, or as one of the
   * options that take one. What is only a type's name isn't.
   */
  handsOver(local: string): boolean {
    return new RegExp(
      String.raw`(?:\(|\b(?:target|initializer|action)\s*:)\s*${escaped(local)}(?:\s*\.\s*[\w$]+)*\s*[,)}]`,
    )
      .test(this.#code);
  }

  /** Whether it declares something of that name. */
  declares(name: string): boolean {
    return this.#count(`${DECLARES}${word(name)}`) > 0;
  }

  /** Whether it defines exactly one function of that name, for all that can be read. */
  definesOnce(name: string): boolean {
    const VALUE = String.raw`\s*(?::|=(?![=>]))`, BODY = String.raw`\s*\([^()]*\)\s*\{`;
    const declared = this.#count(`${DECLARES}${word(name)}`);
    const defined = this.#count(`${word(name)}(?:${VALUE}|${BODY})`);
    return declared === 1 && defined === this.#count(`${DECLARES}${word(name)}(?:${VALUE}|${BODY})`);
  }

  #count(pattern: string): number {
    return this.#code.match(new RegExp(pattern, "g"))?.length ?? 0;
  }
}

const DECLARES = String.raw`\b(?:function\s*\*?|class|const|let|var)\s*`;

function word(name: string): string {
  return String.raw`(?<![\w$.])${escaped(name)}(?![\w$])`;
}

function escaped(name: string): string {
  return name.replace(/[^\w]/gu, "\\$&");
}

/** The bindings of `default, * as namespace` or `default, { name, other as local, type Type }`; none of `type …`. */
function bindingsOf(clause: string): Import["bindings"] {
  const text = clause.trim();
  if (/^type\b(?!\s*(?:,|$))/.test(text)) return [];
  const [, first, namespace, list = ""] = new RegExp(
    String.raw`^(${IDENTIFIER})?\s*,?\s*(?:\*\s*as\s+(${IDENTIFIER})|\{([^{}]*)\})?$`,
    "u",
  ).exec(text) ?? [];
  const bindings: { imported: string; local: string }[] = [];
  if (first !== undefined) bindings.push({ imported: "default", local: first });
  if (namespace !== undefined) bindings.push({ imported: "*", local: namespace });
  for (const item of list.split(",")) {
    const [, imported, local = imported] =
      new RegExp(String.raw`^\s*(${IDENTIFIER})(?:\s+as\s+(${IDENTIFIER}))?\s*$`, "u").exec(item) ?? [];
    if (imported !== undefined && local !== undefined) bindings.push({ imported, local });
  }
  return bindings;
}
