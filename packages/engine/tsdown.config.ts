import { defineConfig } from "tsdown"

export default defineConfig({
  // Nothing imports the programs of threads and processes: they are started by their addresses.
  entry: ["src/*.ts", "src/internal/fliteWorker.ts", "src/internal/decodeWorker.ts", "src/internal/sherpaProcess.ts"],
  platform: "node",
  target: "es2023",
  dts: true,
  sourcemap: true,
  fixedExtension: false,
  unbundle: true,
})
