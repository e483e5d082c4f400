/** What READMEs, pages and doc comments show compiles, with no more around it than a reader has. */
import { globSync, readFileSync } from "node:fs"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import * as ts from "typescript"
import { assert, it } from "vitest"

const root = fileURLToPath(new URL("../../../", import.meta.url))

/** What the reader of a page's code has of their own. */
const ofPage = `
import type { VoiceClone as Client } from "@voiceclone/browser"
import type { MicrophoneLost } from "@voiceclone/browser/Recorder"
declare global {
  const audio: HTMLAudioElement
  const baseUrl: string
  const client: Client
  const file: File
  const meter: HTMLMeterElement
  const onLost: (error: MicrophoneLost) => void
  const saveButton: HTMLButtonElement
  const stopButton: HTMLButtonElement
  const text: string
  const token: () => Promise<string>
  const tokenOf: (visitor: string) => Promise<string>
  const visitor: string
}
`

/** What the reader of a program for Node.js has of their own, and what stands for it. */
const ofProgram = `
import type { VoiceClone as Client } from "@voiceclone/node"
import type * as Layer from "effect/Layer"
declare global {
  const afterAll: (close: () => Promise<void>) => void
  const apiKey: string
  const client: Client
  const file: import("effect/FileSystem").File
  const fliteOutput: import("@voiceclone/engine/Flite").Speech["samples"]
  const it: Record<"effect" | "live", (name: string, test: () => import("effect/Effect").Effect<unknown, unknown, any>) => void>
  const myFileSystem: import("effect/FileSystem").FileSystem
  const MyDigest: { readonly layer: Layer.Layer<import("@voiceclone/core/Digest").Digest> }
  const MyHttpClient: { readonly layer: Layer.Layer<import("effect/http/HttpClient").HttpClient> }
  const MyStore: {
    layer(path: string): Layer.Layer<import("@voiceclone/core/JournalStore").JournalStore | import("@voiceclone/server/BlobStore").BlobStore>
  }
  const newDirectory: import("effect/Effect").Effect<string, never, import("effect/Scope").Scope>
  const output: string
  const pcm: Uint8Array<ArrayBuffer>
  const program: import("effect/Effect").Effect<void, never, import("@voiceclone/engine/Synthesizer").Synthesizer>
  const rows: ReadonlyArray<import("@voiceclone/node").BatchJob>
  const sample: never
  const taskId: string
  const text: string
  const write: (pcm: unknown, progress: number) => import("effect/Effect").Effect<void>
}
`

/** What a comment takes as imported: a module by its name, or what it exports under that name. */
const modules = [
  ...["Context", "Effect", "Layer", "Stream", "http/HttpClient", "FileSystem"].map((name) => `effect/${name}`),
  ...["NodeFileSystem", "NodeHttpClient", "NodeRuntime"].map((name) => `@effect/platform-node/${name}`),
  ...["FakeApi", "FakeHttpClient", "FakeServer", "Fault", "NamedFault", "WavFile"].map(
    (name) => `@voiceclone/testing/${name}`,
  ),
  ...globSync("*Conformance*.ts", { cwd: `${root}packages/testing/src` }).map(
    (name) => `@voiceclone/testing/${basename(name, ".ts")}`,
  ),
  ...["ApiKeys", "ByteRange", "Configuration", "EngineOptions", "Prefer"].map((name) => `@voiceclone/server/${name}`),
  ...["AudioDecoderNode", "BufferMemory", "FliteNode", "Resampler"].map((name) => `@voiceclone/engine/${name}`),
  "@voiceclone/core/VoiceCloneClient",
  "@voiceclone/core/Wav",
  "@voiceclone/node/DigestNode",
].map((module) => [basename(module), `import * as ${basename(module)} from "${module}"`] as const)
const exported = [
  "@voiceclone/core/Digest",
  "@voiceclone/core/JournalStore",
  "@voiceclone/engine/AudioDecoder",
  "@voiceclone/engine/Synthesizer",
  "@voiceclone/node/VoiceClone",
  "@voiceclone/server/BlobStore",
].map((module) => [basename(module), `import { ${basename(module)} } from "${module}"`] as const)
const others = [
  ["assert", 'import assert from "node:assert"'],
  ["parse", 'import { parse } from "@voiceclone/core/RetryAfter"'],
  ["parseReprDigest", 'import { parseReprDigest } from "@voiceclone/core/Digest"'],
  ["writeFile", 'import { writeFile } from "node:fs/promises"'],
] as const

const withImports = (sample: string): string => {
  const code = sample.startsWith("yield*") ? `Effect.gen(function* () {\n${sample}\n})` : sample
  return (
    [...modules, ...exported, ...others]
      .filter(
        ([name]) =>
          new RegExp(`(?<![.\\w"/])${name}\\b`).test(code) && !new RegExp(`import [^\n]*\\b${name}\\b`).test(code),
      )
      .map(([, line]) => `${line}\n`)
      .join("") + code
  )
}

/** All blocks of TypeScript. */
const blocksOf = (path: string): ReadonlyArray<string> =>
  Array.from(readFileSync(`${root}${path}`, "utf8").matchAll(/^```ts\n([^]*?)^```/gm), ([, code]) => code!)

/** The examples of a module's comments. */
const examplesOf = (path: string): ReadonlyArray<string> =>
  Array.from(
    readFileSync(`${root}${path}`, "utf8").matchAll(/@example\n((?: *\* .*\n| *\*\n)+) *\*\//g),
    ([, lines]) => {
      const code = lines!.replaceAll(/^ *\* ?/gm, "")
      return /^```ts\n([^]*?)^```/m.exec(code)?.[1] ?? code
    },
  )

const wrongIn = (samples: ReadonlyArray<string>, own: string): ReadonlyArray<string> => {
  // a sample that has no import is a module too, where it awaits
  const files = new Map(samples.map((code, i) => [`${root}apps/docs/samples/code-${i}.ts`, `${code}\nexport {}\n`]))
  const sampleFiles = [...files.keys()]
  files.set(`${root}apps/docs/samples/own.d.ts`, own)
  const { config } = ts.readConfigFile(`${root}tsconfig.base.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, root)
  // what a sample makes, it may leave to its reader
  const paths = {
    "@voiceclone/engine/*": [`${root}packages/engine/src/*.ts`],
    "@effect/platform-node/*": [`${root}packages/server/node_modules/@effect/platform-node/dist/*.d.ts`],
  }
  const lenient = { ...options, noUnusedLocals: false, paths }
  const host = ts.createCompilerHost(lenient)
  const { fileExists, getSourceFile, readFile } = host
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.readFile = (path) => files.get(path) ?? readFile(path)
  host.getSourceFile = (path, language, ...rest) => {
    const code = files.get(path)
    return code === undefined ? getSourceFile(path, language, ...rest) : ts.createSourceFile(path, code, language)
  }
  const program = ts.createProgram([...files.keys()], lenient, host)
  return sampleFiles
    .map((path) => program.getSourceFile(path)!)
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(({ file, messageText }) => `${ts.flattenDiagnosticMessageText(messageText, "\n")}\n${file?.text ?? ""}`)
}

it("the samples for pages compile", { timeout: 120_000 }, () => {
  const samples = [
    ...blocksOf("README.md").filter((code) => code.includes("@voiceclone/browser")),
    ...blocksOf("packages/browser/README.md"),
    ...blocksOf("apps/docs/src/content/docs/start/browser.mdx"),
    ...["VoiceClone.ts", "VoiceCloneBrowser.ts", "Recorder.ts", "standalone.ts"].flatMap((name) =>
      examplesOf(`packages/browser/src/${name}`),
    ),
  ]
  assert.isAtLeast(samples.length, 11)
  assert.deepStrictEqual(wrongIn(samples, ofPage), [])
})

it("the samples for programs compile", { timeout: 120_000 }, () => {
  const packages = ["core", "engine", "node", "server", "testing"]
  const samples = [
    ...blocksOf("README.md").filter((code) => !code.includes("@voiceclone/browser")),
    ...packages.flatMap((name) => blocksOf(`packages/${name}/README.md`)),
    ...packages.flatMap((name) => globSync(`packages/${name}/src/**/*.ts`, { cwd: root }).flatMap(examplesOf)),
  ]
  assert.isAtLeast(samples.length, 45)
  assert.deepStrictEqual(wrongIn(samples.map(withImports), ofProgram), [])
})
