/**
 * Programs as six bundlers make them of a page's entry: minified, as modules, with parts of their own where the program
 * loads them with `import()`.
 */
import commonjs from "@rollup/plugin-commonjs"
import json from "@rollup/plugin-json"
import { nodeResolve } from "@rollup/plugin-node-resolve"
import terser from "@rollup/plugin-terser"
import { rspack } from "@rspack/core"
import * as esbuild from "esbuild"
import { join } from "node:path"
import * as rolldown from "rolldown"
import * as rollup from "rollup"
import * as vite from "vite"
import webpack from "webpack"

/** Writes the program to the directory, its entry as `main.js`. */
type Bundler = (entry: string, directory: string) => Promise<void>

// what a user of npm gets: builds, not sources
const conditions = ["browser", "import", "module", "default"]

const define = { "process.env.NODE_ENV": '"production"' }

/** webpack and rspack take the same options. */
const packing = (entry: string, directory: string) =>
  ({
    mode: "production",
    target: ["web", "es2022"],
    entry: { main: entry },
    output: { path: directory, filename: "[name].js", chunkFilename: "[id].js", module: true, publicPath: "/" },
    resolve: { conditionNames: conditions, extensions: [".ts", ".js", ".mjs", ".json"] },
    // what only Node.js has is behind conditions that no page meets
    externals: [({ request = "" }: { readonly request?: string }) => Promise.resolve(request.startsWith("node:"))],
    performance: false,
  }) as const

interface Packer {
  run(
    callback: (error: Error | null, stats?: { hasErrors(): boolean; toString(options: object): string }) => void,
  ): void
  close(callback: () => void): void
}

const pack = async (packer: Packer): Promise<void> => {
  try {
    await new Promise<void>((resolve, reject) =>
      packer.run((error, stats) =>
        error !== null || stats?.hasErrors() === true
          ? reject(error ?? new Error(stats?.toString({ preset: "errors-only" })))
          : resolve(),
      ),
    )
  } finally {
    await new Promise<void>((resolve) => packer.close(resolve))
  }
}

export const bundlers: Readonly<Record<string, Bundler>> = {
  rolldown: async (entry, dir) => {
    const bundle = await rolldown.rolldown({
      input: { main: entry },
      platform: "browser",
      resolve: { conditionNames: conditions },
      transform: { define },
      logLevel: "silent",
    })
    await bundle.write({ dir, format: "esm", minify: true, entryFileNames: "[name].js" })
    await bundle.close()
  },
  vite: async (entry, outDir) => {
    await vite.build({
      configFile: false,
      logLevel: "silent",
      root: outDir,
      resolve: { conditions },
      build: {
        outDir,
        modulePreload: { polyfill: false },
        rolldownOptions: { input: { main: entry }, output: { entryFileNames: "[name].js" } },
      },
    })
  },
  esbuild: async (entry, outdir) => {
    await esbuild.build({
      entryPoints: { main: entry },
      bundle: true,
      splitting: true,
      minify: true,
      format: "esm",
      platform: "browser",
      outdir,
      define,
      logLevel: "silent",
    })
  },
  rollup: async (entry, dir) => {
    const bundle = await rollup.rollup({
      input: { main: entry },
      plugins: [nodeResolve({ browser: true, exportConditions: conditions }), commonjs(), json(), terser()],
      onLog: () => {},
    })
    await bundle.write({ dir, format: "esm", entryFileNames: "[name].js" })
    await bundle.close()
  },
  webpack: async (entry, directory) => {
    await pack(webpack({ ...packing(entry, directory), experiments: { outputModule: true } } as never))
  },
  rspack: async (entry, directory) => {
    await pack(rspack(packing(entry, directory) as never))
  },
}

/** Where a subject's program of a bundler goes. */
export const placeOf = (root: string, bundler: string, subject: string): string =>
  join(root, ".build", "bundle", bundler, subject)
