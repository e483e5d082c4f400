/** What READMEs and pages show of the browser's client compiles, with no more around it than a page has. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as ts from "typescript"
import { assert, it } from "vitest"

const root = fileURLToPath(new URL("../../../", import.meta.url))

/** What a reader has of their own. */
const own = `
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

/** All blocks of TypeScript. */
const blocksOf = (path: string): ReadonlyArray<string> =>
  Array.from(readFileSync(`${root}${path}`, "utf8").matchAll(/^```ts\n([^]*?)^```/gm), ([, code]) => code!)

/** The example of a module's own comment. */
const exampleOf = (path: string): string => {
  const [, lines = ""] = /@example\n((?: \* .*\n| \*\n)+) \*\//.exec(readFileSync(`${root}${path}`, "utf8")) ?? []
  return lines.replaceAll(/^ \* ?/gm, "")
}

const samples = [
  ...blocksOf("README.md").filter((code) => code.includes("@voiceclone/browser")),
  ...blocksOf("packages/browser/README.md"),
  ...blocksOf("apps/docs/src/content/docs/start/browser.mdx"),
  ...["VoiceClone.ts", "VoiceCloneBrowser.ts", "Recorder.ts", "standalone.ts"].map((name) =>
    exampleOf(`packages/browser/src/${name}`),
  ),
]

it("the samples for pages compile", { timeout: 120_000 }, () => {
  assert.isAtLeast(samples.length, 11)
  assert.notInclude(samples, "")
  // a sample that has no import is a module too, where it awaits
  const files = new Map(samples.map((code, i) => [`${root}apps/docs/samples/page-${i}.ts`, `${code}\nexport {}\n`]))
  files.set(`${root}apps/docs/samples/page.d.ts`, own)
  const { config } = ts.readConfigFile(`${root}tsconfig.base.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, root)
  // what a sample makes, it may leave to its reader
  const lenient = { ...options, noUnusedLocals: false }
  const host = ts.createCompilerHost(lenient)
  const { fileExists, getSourceFile, readFile } = host
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.readFile = (path) => files.get(path) ?? readFile(path)
  host.getSourceFile = (path, language, ...rest) => {
    const code = files.get(path)
    return code === undefined ? getSourceFile(path, language, ...rest) : ts.createSourceFile(path, code, language)
  }
  const program = ts.createProgram([...files.keys()], lenient, host)
  const wrong = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const said = ts.flattenDiagnosticMessageText(messageText, "\n")
    return `${file?.fileName.replace(root, "") ?? ""}: ${said}\n${file?.text ?? ""}`
  })
  assert.deepStrictEqual(wrong, [])
})
