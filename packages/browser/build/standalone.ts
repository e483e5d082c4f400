/**
 * Builds `@voiceclone/browser/standalone`: the door, and behind it the parts that are loaded with the first call, the first
 * wait or result in memory, and the first job, each with what it needs of Effect and of ours, and no more.
 */
import { parse } from "acorn"
import type { Identifier, Program } from "estree"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { type OutputChunk, type OutputOptions, type Plugin, rolldown } from "rolldown"
import { judge, lean } from "./lean.ts"
import { unnamed } from "./members.ts"
import { split } from "./split.ts"

const packages = fileURLToPath(new URL("../..", import.meta.url))

/**
 * The modules that are loaded together, each part after those before it. What several parts use should have 20 kB or more:
 * webpack and rspack give each user a copy of less (`optimization.splitChunks.minSize`).
 */
const parts: Readonly<Record<string, ReadonlyArray<string>>> = {
  call: ["core/src/internal/calls.ts", "browser/src/internal/calls.ts"],
  wait: [
    "core/src/internal/waiting.ts",
    "browser/src/internal/waiting.ts",
    "core/src/internal/memory.ts",
    "browser/src/internal/memory.ts",
  ],
  hash: ["browser/src/internal/hash.ts"],
  job: ["core/src/internal/jobs.ts", "browser/src/internal/jobs.ts", "browser/src/internal/speech.ts"],
  iterate: ["core/src/internal/iterating.ts"],
  batch: ["core/src/internal/batches.ts"],
}
const names = Object.keys(parts)
const partEntries = Object.fromEntries(names.map((name) => [name, `part:${name}`]))
const fileOf = (part: string): string => `./${part}.js`

/** Parts as modules. They import each other as files that stand beside them. */
const partModules = (codeOf: (part: string) => string): Plugin => ({
  name: "parts",
  resolveId: (id) =>
    id.startsWith("part:") ? `\0${id}` : names.map(fileOf).includes(id) ? { id, external: true } : undefined,
  load: (id) => (id.startsWith("\0part:") ? codeOf(id.slice("\0part:".length)) : undefined),
})

/** What the door imports when it is called: the part that has it. */
const doorway: Plugin = {
  name: "doorway",
  async resolveId(source, importer, { kind }) {
    if (kind !== "dynamic-import") return undefined
    const module = await this.resolve(source, importer, { skipSelf: true })
    const part = names.find((name) => parts[name]!.some((path) => join(packages, path) === module?.id))
    if (part === undefined) throw new Error(`${source} is in no part`)
    return { id: fileOf(part), external: true }
  },
}

/** Modules as a page needs them. */
const leaning = (names: ReadonlySet<string>): Plugin => ({
  name: "lean",
  transform: {
    order: "pre",
    filter: { id: /[/](?:effect[/]dist|core[/]src)[/]/ },
    handler: (code, id) => ({ code: lean(id, code, names), map: null }),
  },
})

const bundle = async (
  input: Readonly<Record<string, string>>,
  plugins: ReadonlyArray<Plugin>,
  output: OutputOptions,
): Promise<{ readonly chunks: ReadonlyArray<OutputChunk>; readonly modules: ReadonlyArray<string> }> => {
  const build = await rolldown({
    input,
    cwd: packages,
    platform: "browser",
    // core comes from its sources: what is bundled is never older than what is read
    resolve: { conditionNames: ["@voiceclone/source", "browser", "import", "default"] },
    transform: { target: "es2023" },
    // in all of this reading a property does nothing, and neither does an Effect before it is run
    treeshake: { propertyReadSideEffects: false, manualPureFunctions: ["Effect", "Layer", "Schedule", "Stream"] },
    plugins: [...plugins],
  })
  const { output: files } = await build.generate({ format: "esm", ...output })
  await build.close()
  const chunks = files.filter((file) => file.type === "chunk")
  return { chunks, modules: chunks.flatMap(({ moduleIds }) => moduleIds) }
}

/** What a module exports, by the names that it has inside, or in the module that it comes from. */
const exportsOf = ({ code }: OutputChunk): ReadonlyArray<readonly [name: string, local: string]> =>
  (parse(code, { ecmaVersion: "latest", sourceType: "module" }) as Program).body
    .flatMap((node) => (node.type === "ExportNamedDeclaration" ? node.specifiers : []))
    .map(({ exported, local }) => [(exported as Identifier).name, (local as Identifier).name])

/** The licences of what is in it and isn't ours. */
const licencesOf = async (modules: ReadonlyArray<string>): Promise<string> => {
  const roots = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? []))
  const texts = Array.from(roots, async (root) => {
    const { name, version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Record<string, string>
    return `${name} ${version}\n\n${await readFile(join(root, "LICENSE"), "utf8")}`
  })
  return (await Promise.all(texts)).join("\n\n")
}

/** All of the program, a chunk for each part's exports besides; without what nothing names. */
export const bundleProgram = async (options: OutputOptions = {}): ReturnType<typeof bundle> => {
  const unneeded = new Set<string>()
  for (;;) {
    const made = await bundle(
      partEntries,
      [
        partModules((name) =>
          parts[name]!.map((path) => `export * from ${JSON.stringify(join(packages, path))}`).join("\n"),
        ),
        leaning(unneeded),
      ],
      { codeSplitting: { groups: [{ name: "program", test: /./ }] }, ...options },
    )
    const { code, modules } = programOf(made.chunks)
    const found = unnamed(code).filter((name) => !unneeded.has(name))
    for (const name of found) unneeded.add(name)
    if (found.length > 0) continue
    for (const [id, { renderedExports }] of Object.entries(modules)) judge(id, renderedExports)
    return made
  }
}

const programOf = (chunks: ReadonlyArray<OutputChunk>): OutputChunk => chunks.find(({ isEntry }) => !isEntry)!

/** The code of each part of the program. */
export const partsOf = (chunks: ReadonlyArray<OutputChunk>): ReadonlyMap<string, string> => {
  const program = programOf(chunks)
  const locals = new Map(exportsOf(program))
  return split(
    program.code,
    names.map((name) => {
      const entry = chunks.find((chunk) => chunk.isEntry && chunk.name === name)!
      return { name, exports: new Map(exportsOf(entry).map(([name, local]) => [name, locals.get(local)!])) }
    }),
  )
}

/** The files of the entry, by their names. */
export const build = async (): Promise<ReadonlyMap<string, string>> => {
  const { chunks, modules } = await bundleProgram()
  const codes = partsOf(chunks)
  const door = await bundle({ standalone: "browser/src/standalone.ts" }, [doorway], { minify: true })
  const behind = await bundle(partEntries, [partModules((name) => codes.get(name)!)], { minify: true })
  return new Map([
    ...[...door.chunks, ...behind.chunks].map(({ code, fileName }) => [fileName, code] as const),
    ["LICENSES.txt", await licencesOf(modules)],
  ])
}

if (import.meta.main) {
  const directory = join(packages, "browser", "dist", "standalone")
  await rm(directory, { recursive: true, force: true })
  for (const [name, content] of await build()) {
    const path = join(directory, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
}
