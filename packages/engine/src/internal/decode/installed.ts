/** Takes decoders from the installed packages. */
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { DecoderMissing, files, type LoadModule } from "./modules.ts"

export const loadInstalled: LoadModule = async (codec) => {
  const { name, path } = files[codec]
  try {
    return await WebAssembly.compile(await readFile(createRequire(import.meta.url).resolve(path)))
  } catch (cause) {
    throw new DecoderMissing(`The ${codec} decoder is missing: install ${name} beside @voiceclone/engine.`, { cause })
  }
}
