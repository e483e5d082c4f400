/**
 * Subjects as users run them: from sources, bundled and minified into one file, as the command is. (Unbundled, Effect
 * costs about twice the CPU.)
 */
import { mkdir, rm } from "node:fs/promises"
import { basename, join } from "node:path"
import { rolldown } from "rolldown"
import { root } from "./Comparison.ts"

const directory = join(root, ".build")
const bundled = new Map<string, Promise<string>>()

/** Bundles `subjects/<suite>/<name>.ts` and says where the file is. */
export const subject = (suite: string, name: string): Promise<string> => made(join("subjects", suite, name))

/** Bundles `servers/<name>.ts` and says where the file is. */
export const server = (name: string): Promise<string> => made(join("servers", name))

const made = (entry: string): Promise<string> => {
  const file = bundled.get(entry) ?? bundle(entry)
  bundled.set(entry, file)
  return file
}

const bundle = async (entry: string): Promise<string> => {
  const file = join(directory, `${entry}.mjs`)
  const built = await rolldown({
    input: join(root, `${entry}.ts`),
    platform: "node",
    resolve: { conditionNames: ["@voiceclone/source", "node", "import", "default"] },
    logLevel: "silent",
  })
  await built.write({ file, format: "esm", minify: true, codeSplitting: false })
  await built.close()
  return file
}

/** A place for files that are measured but not kept: in memory where that is to be had, so that no disk sets the pace. */
export const scratch = async (): Promise<AsyncDisposable & { readonly path: (name: string) => string }> => {
  const { existsSync } = await import("node:fs")
  const { tmpdir } = await import("node:os")
  const base = process.env["BENCH_DIRECTORY"] ?? (existsSync("/dev/shm") ? "/dev/shm" : tmpdir())
  const own = join(base, `voiceclone-bench-${process.pid}`)
  await mkdir(own, { recursive: true })
  return {
    path: (name) => join(own, basename(name)),
    [Symbol.asyncDispose]: () => rm(own, { recursive: true, force: true }),
  }
}
