/**
 * Bundles the programs of a folder in the ways that check_tools.mjs runs, into its folder `bundles`: NAME.TOOL.WAY.
 *
 * `node scripts/make_bundles.mjs FOLDER`
 */

import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { build as esbuild } from "esbuild";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";

const NAME = "@manyproc/multiprocessing";
const folder = process.argv[2] ?? ".", bundles = join(folder, "bundles");
const packageEntry = createRequire(pathToFileURL(`${folder}/`)).resolve(NAME);

/** @param {string} program @param {string} output @param {import("esbuild").BuildOptions} options */
const withEsbuild = (program, output, options) =>
  esbuild({
    entryPoints: [join(folder, program)],
    outfile: join(bundles, output),
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    logOverride: { "empty-import-meta": "silent" },
    ...options,
  });

/** @param {string} program @param {string} output @param {boolean} isIn whether the package is taken in */
async function withRollup(program, output, isIn) {
  const bundle = await rollup({
    input: join(folder, program),
    external: isIn ? [] : [NAME],
    plugins: [{ name: "find", resolveId: (id) => isIn && id === NAME ? packageEntry : null }],
    onwarn() {},
  });
  await bundle.write({ file: join(bundles, output), format: "es" });
}

/** @param {string} program @param {string} output @param {boolean} isIn whether the package is taken in */
const withVite = (program, output, isIn) =>
  vite({
    root: folder,
    configFile: false,
    logLevel: "error",
    ssr: isIn ? { noExternal: true } : {},
    build: {
      ssr: program,
      outDir: bundles,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: output } },
    },
  });

/** @param {string} program @param {string} output @param {import("webpack").Configuration} options @returns {Promise<void>} */
const withWebpack = (program, output, options) =>
  new Promise((resolve, reject) => {
    webpack({
      context: folder,
      entry: `./${program}`,
      target: "node20",
      mode: "production",
      experiments: { outputModule: true },
      output: { path: bundles, filename: output, module: true, library: { type: "module" }, chunkFormat: "module" },
      ...options,
    }, (error, stats) => {
      if (error || stats?.hasErrors()) reject(error ?? new Error(stats?.toString({ all: false, errors: true })));
      else resolve();
    });
  });

const external = { externals: { [NAME]: `module ${NAME}` } };
const keptMeta = { module: { parser: { javascript: { importMeta: false } } } };

await withEsbuild("main.mjs", "main.esbuild.mjs", { external: [NAME] });
await withEsbuild("main.mjs", "main.esbuild.minified.mjs", { external: [NAME], minify: true });
await withEsbuild("main.mjs", "main.esbuild.empty.cjs", { external: [NAME], format: "cjs" });
await withEsbuild("plain.mjs", "plain.esbuild.cjs", { external: [NAME], format: "cjs" });
await withEsbuild("main.mjs", "main.esbuild.in.mjs", {});
await withEsbuild("plain.mjs", "plain.esbuild.in.cjs", { format: "cjs" });
await withRollup("main.mjs", "main.rollup.mjs", false);
await withRollup("main.mjs", "main.rollup.in.mjs", true);
await withVite("main.mjs", "main.vite.mjs", false);
await withVite("main.mjs", "main.vite.in.mjs", true);
await withWebpack("main.mjs", "main.webpack.mjs", { ...external, ...keptMeta });
await withWebpack("main.mjs", "main.webpack.changed.mjs", external);
await withWebpack("main.mjs", "main.webpack.evaluated.mjs", { ...external, mode: "development" });
// Minified, it is a line that Node shows whole with the error, which a pipe then has no room for.
await withWebpack("main.mjs", "main.webpack.in.mjs", { ...keptMeta, optimization: { minimize: false } });
