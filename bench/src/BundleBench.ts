/**
 * What a page downloads: the client with everything it needs, minified and gzipped, as three bundlers make it.
 */
import { rspack } from "@rspack/core"
import { build } from "esbuild"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"
import { compare, type Figures, plain, root, save, table } from "./Comparison.ts"

const subjects = {
  "@voiceclone/browser": "voiceclone",
  "@voiceclone/browser, its Effect layer": "voicecloneEffect",
  ky: "ky",
  openai: "openai",
}

const conditions = ["@voiceclone/source", "browser", "import", "default"]
const directory = join(root, ".build", "bundle")

const gzipped = (code: string | Uint8Array): number => gzipSync(code, { level: 9 }).byteLength

const bundlers: Record<string, (input: string) => Promise<number>> = {
  rolldown: async (input) => {
    const bundle = await rolldown({
      input,
      platform: "browser",
      resolve: { conditionNames: conditions },
      logLevel: "silent",
    })
    const { output } = await bundle.generate({ format: "esm", minify: true })
    await bundle.close()
    return output.reduce((sum, file) => sum + (file.type === "chunk" ? gzipped(file.code) : 0), 0)
  },
  esbuild: async (input) => {
    const { outputFiles } = await build({
      entryPoints: [input],
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
      platform: "browser",
      conditions: ["@voiceclone/source"],
      logLevel: "silent",
    })
    return outputFiles.reduce((sum, { contents }) => sum + gzipped(contents), 0)
  },
  rspack: async (input) => {
    const compiler = rspack({
      mode: "production",
      target: ["web", "es2022"],
      entry: { main: { import: input, library: { type: "module" } } },
      output: { path: directory, filename: "rspack.mjs", module: true },
      resolve: { conditionNames: conditions, extensions: [".ts", ".js"] },
      module: {
        rules: [
          {
            test: /\.ts$/,
            loader: "builtin:swc-loader",
            type: "javascript/auto",
            options: { jsc: { parser: { syntax: "typescript" }, target: "es2022" } },
          },
        ],
      },
      performance: false,
    })
    try {
      await new Promise<void>((resolve, reject) =>
        compiler.run((error, stats) =>
          error !== null || stats?.hasErrors() === true
            ? reject(error ?? new Error(stats?.toString({ preset: "errors-only" })))
            : resolve(),
        ),
      )
    } finally {
      await new Promise((resolve) => compiler.close(resolve))
    }
    return gzipped(await readFile(join(directory, "rspack.mjs")))
  },
}

export const run = async (): Promise<void> => {
  const outcomes = await compare(
    "bundle",
    Object.entries(subjects).map(([name, entry]) => ({
      name,
      run: async () => {
        const figures: Record<string, number> = {}
        for (const [bundler, bundle] of Object.entries(bundlers)) {
          figures[bundler] = await bundle(join(root, "subjects", "bundle", `${entry}.ts`))
        }
        return figures satisfies Figures
      },
    })),
    1,
  )
  table(
    "Browser bundle, gzipped kB (1000 bytes)",
    outcomes,
    Object.keys(bundlers).map((bundler) => plain(bundler, bundler, 1, 1e-3)),
  )
  await save("bundle", outcomes)
}
