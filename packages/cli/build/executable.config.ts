import { fileURLToPath } from "node:url"
import { defineConfig } from "tsdown"
import { lazyBuiltins } from "./lazyBuiltins.ts"
import { writtenTexts } from "./writtenTexts.ts"
import config from "../tsdown.config.ts"

const [common] = [config].flat()

export default defineConfig({
  ...common,
  cwd: fileURLToPath(new URL("..", import.meta.url)),
  entry: { executable: "src/executable.ts" },
  plugins: [lazyBuiltins(), writtenTexts()],
})
