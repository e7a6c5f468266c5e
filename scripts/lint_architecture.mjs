/** A plugin for `deno lint` that holds each file to the rules of architecture.mjs. */

import { dirname, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import {
  harmlessBuiltins,
  isTest,
  keepers,
  layers,
  replacedGlobals,
  systemFolder,
  systemGlobals,
  systemPackages,
  systemProperties,
  testHelper,
  userFolders,
} from "./architecture.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * A node of the syntax tree, as far as it is looked at here.
 * @typedef {{ type: string, parent: Node, name: string, kind: string, value: unknown, computed: boolean, object: Node, property: Node, key: Node, source: Node | null, argument: Node, callee: Node, literal: Node, right: Node, arguments: Node[], expression: Node, local: Node }} Node
 * @typedef {(node: Node) => void} Visit
 * @typedef {{ filename: string, report(finding: { node: Node, message: string }): void }} Context
 */

/** @param {Context} context */
function fileOf({ filename }) {
  const path = relative(root, filename).replaceAll("\\", "/");
  return {
    path,
    isSource: path === "mod.ts" || (path.startsWith("src/") && path.endsWith(".ts")),
    isTest: isTest(path),
    isUser: userFolders.some((folder) => path.startsWith(folder)),
    knowsSystem: path.startsWith(systemFolder) || isTest(path),
  };
}

/** The layer of a file: its name or its folder's. @param {string} path @returns {string | undefined} */
function layerOf(path) {
  const name = path === "mod.ts" ? "mod" : /^src\/([^/.]+?)(_test)?(\.ts$|\/)/.exec(path)?.[1];
  return name !== undefined && layers.includes(name) ? name : undefined;
}

/** @param {Node} node */
const isImportMeta = (node) => node.type === "MetaProperty";

/**
 * Visits every place that names a module: imports and exports of values and types, `import()`, `new URL("…", import.meta.url)`.
 * @param {(node: Node, specifier: string) => void} visit
 */
function specifiers(visit) {
  const visitText = (/** @type {Node | null | undefined} */ node) => {
    if (typeof node?.value === "string") visit(node, node.value);
  };
  const visitSource = (/** @type {Node} */ node) => visitText(node.source);
  /** @type {Record<string, Visit>} */
  const visitor = {
    "ImportDeclaration, ExportNamedDeclaration, ExportAllDeclaration, ImportExpression": visitSource,
    TSImportType: (/** @type {Node} */ { argument }) => visitText(argument.literal ?? argument),
    TSExternalModuleReference: (/** @type {Node} */ { expression }) => visitText(expression),
    NewExpression({ callee, arguments: [url, base] }) {
      if (callee.name === "URL" && base?.type === "MemberExpression" && isImportMeta(base.object)) visitText(url);
    },
    CallExpression({ callee, arguments: [url] }) {
      if (callee.type === "MemberExpression" && isImportMeta(callee.object)) visitText(url); // import.meta.resolve
    },
  };
  return visitor;
}

/** @param {string} path @param {string} specifier */
const resolve = (path, specifier) => posix.normalize(posix.join(posix.dirname(path), specifier));

/** Whether an identifier only names a property. @param {Node} node */
function isPropertyName(node) {
  const { parent } = node;
  return !parent.computed && [parent.property, parent.key, parent.right].includes(node) &&
    ["MemberExpression", "Property", "PropertyDefinition", "MethodDefinition", "TSQualifiedName"]
      .concat("TSPropertySignature", "TSMethodSignature").includes(parent.type);
}

/** @type {Record<string, { create(context: Context): Record<string, Visit> }>} */
const rules = {
  layers: {
    create(context) {
      const { path, isSource, isTest } = fileOf(context), own = layerOf(path);
      if (!isSource) return {};
      return {
        Program(node) {
          if (own !== undefined) return;
          context.report({ node, message: `The file belongs to no layer (they are ${layers.join(", ")})` });
        },
        ...specifiers((node, specifier) => {
          const target = resolve(path, specifier);
          if (!specifier.startsWith(".") || (isTest && target === testHelper)) return;
          const other = layerOf(target);
          if (other === undefined) {
            context.report({ node, message: `Cannot import "${specifier}": it is in no layer` });
          } else if (own !== undefined && layers.indexOf(other) > layers.indexOf(own)) {
            context.report({ node, message: `Cannot import "${specifier}": ${other} is above ${own}` });
          }
        }),
      };
    },
  },

  "system-modules": {
    create(context) {
      const { isSource, knowsSystem } = fileOf(context);
      if (!isSource || knowsSystem) return {};
      return specifiers((node, specifier) => {
        const isSystem = specifier.startsWith("node:")
          ? !harmlessBuiltins.includes(specifier)
          : systemPackages.test(specifier);
        if (isSystem) context.report({ node, message: `Cannot import "${specifier}": only ${systemFolder} may` });
      });
    },
  },

  "system-globals": {
    create(context) {
      const { isSource, knowsSystem } = fileOf(context);
      if (!isSource || knowsSystem) return {};
      const report = (/** @type {Node} */ node, /** @type {string} */ name) =>
        context.report({ node, message: `Cannot use the global ${name}: only ${systemFolder} may` });
      return {
        Identifier(node) {
          if (systemGlobals.includes(node.name) && !isPropertyName(node)) report(node, node.name);
        },
        MemberExpression({ object, property, computed }) {
          const name = computed ? property.value : property.name;
          if (object.name === "globalThis" && typeof name === "string" && systemProperties.includes(name)) {
            report(property, name);
          }
        },
      };
    },
  },

  "replaced-globals": {
    create(context) {
      const { path, isSource, isTest } = fileOf(context);
      if (!isSource || isTest || keepers.includes(path)) return {};
      /** @type {Set<string>} */
      const imported = new Set();
      return {
        ImportSpecifier: (node) => void imported.add(node.local.name),
        Identifier(node) {
          const { name } = node;
          if (!replacedGlobals.includes(name) || imported.has(name) || isPropertyName(node)) return;
          if (name === "Date" && node.parent.property?.name !== "now") return; // values of it travel
          context.report({ node, message: `Cannot use the global ${name}, which programs replace: see ${keepers[0]}` });
        },
      };
    },
  },

  "user-imports": {
    create(context) {
      const { path, isUser } = fileOf(context);
      if (!isUser || !path.endsWith(".ts")) return {};
      return specifiers((node, specifier) => {
        const target = resolve(path, specifier);
        if (specifier.startsWith(".") && (target === "mod.ts" || target.startsWith("conformance/"))) return;
        context.report({ node, message: `Cannot import "${specifier}": only mod.ts and conformance/ can be` });
      });
    },
  },

  "no-using": {
    create(context) {
      const { isSource, path } = fileOf(context);
      if (!isSource && !(path.startsWith("conformance/") && path.endsWith(".ts"))) return {};
      return {
        VariableDeclaration(node) {
          if (node.kind.endsWith("using")) context.report({ node, message: "Node 22 can't parse `using`" });
        },
      };
    },
  },
};

export default { name: "architecture", rules };
